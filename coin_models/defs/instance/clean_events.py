"""Keeps secrets out of Dagster's storage, in each process that opens it: the daemon and the web server load no definitions."""

from contextlib import suppress

from coin_models.db.redacted_rows import redact_rows
from coin_models.errors import SettingsError
from coin_models.logs import redact_logs
from coin_models.redaction import knows_secrets
from coin_models.settings.load import load_settings


def keep_events_clean() -> None:
    """From now on no row and no log record of this process holds a secret of its settings."""
    redact_rows()
    redact_logs()
    if not knows_secrets():
        with suppress(SettingsError):  # the code location says what is wrong with them
            load_settings()
