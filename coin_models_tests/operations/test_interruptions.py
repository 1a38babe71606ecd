"""Only a signal, a notice, a lost lease and Ctrl-C are interruptions; any other exception keeps its first cause."""

import pytest
from dagster import DagsterExecutionInterruptedError

from coin_models.errors import DatabaseUnavailable, FitDiverged, Interrupted, LeaseLost, TrainingError
from coin_models.operations.interruptions import first_cause, is_interruption


class PanicException(BaseException):
    """As Rust libraries raise it: no Exception, and no interruption either."""


def raised(
    error: BaseException, *, cause: BaseException | None = None, during: BaseException | None = None
) -> BaseException:
    """The error as Python leaves it when it was raised from another one, or while handling it."""
    error.__cause__, error.__context__, error.__suppress_context__ = cause, during or cause, cause is not None
    return error


@pytest.mark.parametrize(
    "error",
    [
        Interrupted("SIGTERM: saved step 812"),
        KeyboardInterrupt(),
        LeaseLost("another session holds BTC"),
        DagsterExecutionInterruptedError("terminated"),
        raised(ImportError("cannot import name 'x'"), during=KeyboardInterrupt()),
        raised(RuntimeError("the fit stopped"), cause=Interrupted("SIGTERM")),
    ],
    ids=repr,
)
def test_signal_notice_lost_lease_and_ctrl_c_are_interruptions(error: BaseException) -> None:
    assert is_interruption(error)


@pytest.mark.parametrize(
    "error",
    [
        ValueError("SLURM_NTASKS=4 does not match devices=1"),
        ImportError("cannot import name 'x'"),
        MemoryError(),
        SystemExit(1),
        GeneratorExit(),
        PanicException("index out of bounds"),
        FitDiverged("the loss is no longer finite"),
        DatabaseUnavailable("no answer"),
        InterruptedError("EINTR"),  # a system call's, an OSError: nothing took the machine away
    ],
    ids=repr,
)
def test_any_other_exception_is_a_failure(error: BaseException) -> None:
    assert not is_interruption(error)


def test_what_is_raised_after_a_signal_was_received_is_its_consequence() -> None:
    assert is_interruption(SystemError("returned a result with an exception set"), interrupted_by="SIGTERM")


def test_the_first_cause_is_named_and_not_what_it_led_to() -> None:
    root = RuntimeError("SLURM_NTASKS is 4,\n  devices is 1")
    led_to = raised(ImportError("cannot import name 'Trainer'"), during=root)

    assert first_cause(led_to) == "RuntimeError: SLURM_NTASKS is 4, devices is 1"


def test_an_error_of_the_package_says_itself_what_happened() -> None:
    error = raised(DatabaseUnavailable("database x: no answer"), cause=OSError(111, "Connection refused"))

    assert first_cause(raised(TrainingError("cohort of BTC failed"), cause=error)) == "cohort of BTC failed"
    assert first_cause(raised(RuntimeError("in a thread"), cause=error)) == "database x: no answer"


def test_an_error_without_words_is_named_by_its_type() -> None:
    assert first_cause(MemoryError()) == "MemoryError"


def test_a_chain_of_causes_that_never_ends_is_followed_only_so_far() -> None:
    first, second = ValueError("a"), ValueError("b")
    first.__cause__, second.__cause__ = second, first

    assert not is_interruption(first)
