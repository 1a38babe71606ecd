"""Keeps secrets out of what this process writes into any database, our own tables and Dagster's runs, events and ticks.

A listener on SQLAlchemy's engines, since texts reach tables by many ways: reasons of attempts, messages, stack traces of foreign
errors within Dagster's events.
"""

from typing import Any

from sqlalchemy import Engine, event

from coin_models.redaction import knows_secrets, redacted


def redact_rows() -> None:
    """From now on no engine of this process writes a secret; calling it again changes nothing."""
    if not event.contains(Engine, "before_cursor_execute", _redact):
        event.listen(Engine, "before_cursor_execute", _redact, retval=True)


def _redact(
    _connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _executemany: bool
) -> tuple[str, Any]:
    return statement, _clean(parameters) if knows_secrets() else parameters


def _clean(value: Any) -> Any:
    """Parameters of one execution or of many, by name or by place, with their texts clean."""
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, dict):
        return {name: _clean(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_clean(item) for item in value]
    return tuple(_clean(item) for item in value) if type(value) is tuple else value
