"""How log records of our processes look: without secrets, as text for people or one JSON object a line for machines."""

import json
import logging
import sys
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Literal

from coin_models.redaction import redacted

LogFormat = Literal["text", "json"]

_TEXT = "%(levelname)s %(name)s: %(message)s"
_chosen: list[LogFormat] = ["text"]
_PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def use_format(log_format: LogFormat) -> None:
    """Sets what `ChosenFormatter` writes from now on; the settings do, once they are loaded."""
    _chosen[0] = log_format


def writes_json() -> bool:
    """Whether it writes JSON."""
    return _chosen[0] == "json"


class RedactedRecord(logging.LogRecord):
    """A record whose message and traceback show no secret, whichever handler writes it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if isinstance(self.exc_info, tuple) and self.exc_info[0] is not None:
            self.exc_text = redacted(
                logging.Formatter().formatException(self.exc_info)
            )  # which formatters take as it is

    def getMessage(self) -> str:  # noqa: N802 -- logging's name
        """The message with its arguments, clean."""
        return redacted(super().getMessage())


class ChosenFormatter(logging.Formatter):
    """Text, or one JSON object a line: time, level, logger, message, traceback, and what the record carries beside."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as the settings want it."""
        if not writes_json():
            return super().format(record)
        extra = {name: value for name, value in vars(record).items() if name not in _PLAIN}
        traceback = record.exc_text or (self.formatException(record.exc_info) if record.exc_info else None)
        return json_line(record.levelname, record.name, record.getMessage(), traceback=traceback, **extra)


def json_line(level: str, name: str, message: str, **more: object) -> str:
    """One object on one line; values that are None are left out."""
    content = {"time": datetime.now(UTC).isoformat(), "level": level, "logger": name, "message": message, **more}
    return redacted(json.dumps({key: value for key, value in content.items() if value is not None}, default=str))


def log_to_stderr() -> None:
    """Sets up logging of an entry point: warnings to stderr, no secret in any record or uncaught error."""
    redact_logs()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(ChosenFormatter(_TEXT))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    # A connection that breaks as it is given back is logged with a traceback; the pool makes another, and who used it says
    # what failed.
    logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)


def redact_logs() -> None:
    """From now on records, also of other packages, and uncaught errors of this process show no secret."""
    logging.setLogRecordFactory(RedactedRecord)
    sys.excepthook = _print_uncaught


def _print_uncaught(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    text = logging.Formatter().formatException((kind, error, traceback))
    line = json_line("CRITICAL", "coin_models", f"{kind.__name__}: {error}", traceback=text)
    print(line if writes_json() else redacted(text), file=sys.stderr)  # noqa: T201
