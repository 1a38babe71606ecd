"""Imports the trainer while something else is waited for.

Belongs here: the thread that imports. Not here: what is imported (training/).
"""

import importlib
import threading


def import_trainer() -> threading.Thread:
    """Imports torch and Lightning in a thread: five seconds that a run otherwise spends after its candles are there.

    Whoever imports them meanwhile waits for the thread, as Python's import lock has it; an import that fails fails again,
    and speaks, where it is needed.
    """
    thread = threading.Thread(target=_import, name="import-trainer", daemon=True)
    thread.start()
    return thread


def _import() -> None:
    try:
        importlib.import_module("coin_models.training.run_fit")
    except ImportError:
        return
