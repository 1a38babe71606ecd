"""The exit code of the command line after a signal, whichever handler received it."""

import os
import signal
from collections.abc import Callable

import pytest

from coin_models.cli.signals import interruptible
from coin_models.errors import Interrupted


def ended_by(work: Callable[[], object]) -> BaseException | None:
    """What came out of `interruptible` around that work."""
    try:
        with interruptible():
            work()
    except (Interrupted, KeyboardInterrupt) as error:
        return error
    return None


def swallowed() -> None:
    """A signal whose handler says nothing, as Dagster's do around every event."""
    signal.signal(signal.SIGTERM, lambda *_: None)
    os.kill(os.getpid(), signal.SIGTERM)


def swallowed_while_a_fit_saves() -> None:
    swallowed()
    raise Interrupted("SIGTERM: saved step 812 here and in the store, in 0.4 of 5.0 s")


def made_something_else_of_by_an_import() -> None:
    """A signal within a compiled module that is being imported."""
    try:
        signal.raise_signal(signal.SIGTERM)
    except KeyboardInterrupt:
        raise ImportError("initialization failed") from None


def test_an_error_without_a_signal_stays_what_it_is() -> None:
    with pytest.raises(ImportError, match="no such module"), interruptible():
        raise ImportError("no such module")


@pytest.mark.parametrize(
    ("work", "kind", "words"),
    [
        (made_something_else_of_by_an_import, Interrupted, "SIGTERM: finished work is kept"),
        (lambda: signal.raise_signal(signal.SIGTERM), Interrupted, "SIGTERM: finished work is kept"),
        (lambda: signal.raise_signal(signal.SIGINT), KeyboardInterrupt, "SIGINT: finished work is kept"),
        (swallowed, Interrupted, "SIGTERM: finished work is kept"),
        (swallowed_while_a_fit_saves, Interrupted, "SIGTERM: saved step 812 here"),
    ],
)
def test_a_signal_decides_how_the_command_ends(
    work: Callable[[], object], kind: type[BaseException], words: str
) -> None:
    error = ended_by(work)

    assert type(error) is kind
    assert str(error).startswith(words)


def test_without_a_signal_nothing_is_raised_and_the_handler_is_given_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    error = ended_by(lambda: None)

    assert error is None
    assert signal.getsignal(signal.SIGTERM) is before
