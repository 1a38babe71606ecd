"""What a command that a supervisor starts leaves of its failure: attempts for `status`, a failed run in the UI, a message.

`retrain` and `worker` use it. Where there is a terminal, settings that are refused are a matter between it and its user.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING

from coin_models.cli.console import err
from coin_models.errors import CoinModelsError, SettingsError

if TYPE_CHECKING:
    from coin_models.settings.root import Settings


def load_settings_or_tell() -> "Settings":
    """The settings; where they are refused, a message says so, unless the command runs on a terminal."""
    from coin_models.settings.load import load_settings

    try:
        return load_settings()
    except SettingsError as error:
        if not err.is_terminal:
            from coin_models.pipeline.command_failure import tell_refused_settings

            tell_refused_settings(error)
        raise


@contextmanager
def recorded_if_it_fails(settings: "Settings", days: Sequence[date] | None) -> Iterator[None]:
    """Leaves why nothing could be done with the coin-days that it was to make, for `status` and the UI, and tells it."""
    try:
        yield
    except CoinModelsError as error:
        from coin_models.defs.failed_command import record_failed_command
        from coin_models.pipeline.command_failure import note_failure

        note_failure(settings, error, days, record_failed_command)
        raise


@contextmanager
def told_if_it_fails(settings: "Settings") -> Iterator[None]:
    """Tells why a machine of the fleet does no work."""
    try:
        yield
    except CoinModelsError as error:
        from coin_models.pipeline.command_failure import tell_failure

        tell_failure(settings, error)
        raise
