"""Imports the trainer in a thread during other work, and says in one sentence why this machine cannot train."""

import threading
from functools import cache

from coin_models.errors import CoinModelsError, TrainerUnavailable
from coin_models.settings.training import TrainingSettings
from coin_models.training.process import import_training

_importing = threading.Lock()


class TrainerImport:
    """An import of torch and Lightning that is under way."""

    def __init__(self, training: TrainingSettings | None = None) -> None:
        self._training = training
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="import-trainer", daemon=True)
        self._thread.start()

    def result(self) -> None:
        """Waits for the import; returns where this machine can train.

        Raises:
            TrainerUnavailable: it cannot; the first cause is in the text.
        """
        self._thread.join()
        if self._error is not None:
            raise TrainerUnavailable(f"this machine cannot train: {_sentence(self._error)}") from self._error

    def _run(self) -> None:
        try:
            _import_once()
            if self._training is not None:
                from coin_models.training.hardware import choose_device

                choose_device(self._training)
        except Exception as error:  # noqa: BLE001 - a library may raise anything when it is imported
            self._error = error


def import_trainer(training: TrainingSettings | None = None) -> TrainerImport:
    """Imports torch and Lightning in a thread: five seconds that a run otherwise spends after its candles are there.

    With settings, the device that they request must be there too.
    """
    return TrainerImport(training)


def _import_once() -> None:
    """Raises the first cause each time: a second import after a partial failure would raise another error."""
    with _importing:
        error = _first_error()
    if error is not None:
        raise error


@cache
def _first_error() -> Exception | None:
    try:
        import_training()
    except Exception as error:  # noqa: BLE001 - a library may raise anything when it is imported
        return error
    return None


def _sentence(error: Exception) -> str:
    if isinstance(error, CoinModelsError):
        return str(error)
    if isinstance(error, ModuleNotFoundError) and error.name in ("torch", "pytorch_lightning"):
        return f"{error.name} is not installed; install coin_models with the extra `train`"
    return f"importing torch and Lightning failed with {type(error).__name__}: {error}"
