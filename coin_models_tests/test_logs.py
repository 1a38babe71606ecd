"""Log records without secrets, as text or as one JSON object a line; uncaught errors too."""

import contextlib
import io
import json
import logging
import sys
from collections.abc import Iterator

import pytest

from coin_models.logs import ChosenFormatter, RedactedRecord, log_to_stderr, use_format
from coin_models.redaction import keep_secret

_KEY = "hunter2hunter2"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """What an entry point's logging writes; pytest's own handlers and the process's hooks come back afterwards."""
    root, factory, hook = logging.getLogger(), logging.getLogRecordFactory(), sys.excepthook
    handlers = root.handlers[:]
    root.handlers.clear()
    written = io.StringIO()
    keep_secret([_KEY])
    with contextlib.redirect_stderr(written):
        log_to_stderr()
        yield written
    root.handlers[:] = handlers
    logging.setLogRecordFactory(factory)
    sys.excepthook = hook


def _fail() -> None:
    raise ValueError(f"no {_KEY} here")


def test_a_record_is_clean_in_message_arguments_and_traceback(stream: io.StringIO) -> None:
    try:
        _fail()
    except ValueError:
        logging.getLogger("some.library").exception("failed with %s", _KEY)

    assert _KEY not in stream.getvalue()
    assert stream.getvalue().startswith("ERROR some.library: failed with ***\nTraceback (most recent call last):")
    assert "ValueError: no *** here" in stream.getvalue()


def test_json_is_one_object_a_line_with_what_the_record_carries(stream: io.StringIO) -> None:
    use_format("json")
    logging.getLogger("a").warning("two\nlines of %s", _KEY, extra={"coin": "BTC", "path": io})
    try:
        _fail()
    except ValueError:
        logging.getLogger("b").exception("failed")
    first, second = map(json.loads, stream.getvalue().splitlines())

    assert (first["level"], first["logger"], first["message"], first["coin"]) == (
        "WARNING",
        "a",
        "two\nlines of ***",
        "BTC",
    )
    assert set(first) == {"time", "level", "logger", "message", "coin", "path"}
    assert "ValueError: no *** here" in second["traceback"]


@pytest.mark.parametrize("log_format", ["text", "json"])
@pytest.mark.usefixtures("stream")
def test_an_uncaught_error_shows_no_secret(capsys: pytest.CaptureFixture[str], log_format: str) -> None:
    use_format(log_format)  # type: ignore[arg-type]
    try:
        _fail()
    except ValueError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    written = capsys.readouterr().err

    assert _KEY not in written
    assert "ValueError: no *** here" in written
    assert log_format == "text" or json.loads(written)["level"] == "CRITICAL"


def test_the_text_is_as_before() -> None:
    record = RedactedRecord("name", logging.INFO, __file__, 1, "said %s", ("it",), None)

    assert ChosenFormatter("%(levelname)s %(name)s: %(message)s").format(record) == "INFO name: said it"
