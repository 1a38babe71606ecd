"""Tells interruptions from errors: which exceptions mean that the process was stopped, and the first cause of any
other.

An interrupted attempt does not count and is repeated without a limit. So only a signal, a preemption notice, a lost
lease and Ctrl-C are interruptions: `SLURM_NTASKS=4` once failed every fit of every night, recorded as interrupted.
Whether an error is the coin's own is decided in places.py.
"""

from collections.abc import Iterator

from coin_models.errors import CoinModelsError, Interrupted, LeaseLost

_MOST_CAUSES = 100  # links of a chain that are followed; a chain that long is a loop


def is_interruption(error: BaseException, *, interrupted_by: str | None = None) -> bool:
    """Whether the work was interrupted: by a signal, a notice, a lost lease or Ctrl-C.

    `interrupted_by` names the signal or notice that this process received (`Worker.interrupted_by`), if any: what is raised after
    it is its consequence, since a compiled module turns KeyboardInterrupt into ImportError, SystemError or RuntimeError.
    """
    return interrupted_by is not None or any(_takes_away(cause) for cause in causes(error))


def _takes_away(error: BaseException) -> bool:
    if isinstance(error, Interrupted | KeyboardInterrupt | LeaseLost):
        return True
    # Dagster raises an exception of its own on a signal; only defs and the CLI may import it. SystemExit, GeneratorExit
    # and a Rust library's PanicException are no Exception either, and no interruption.
    return not isinstance(error, Exception) and "Interrupt" in type(error).__name__


def first_cause(error: BaseException) -> str:
    """What went wrong first, in one line: the first of the package's errors along the causes, else the last cause of all."""
    all_causes = list(causes(error))
    own = next((cause for cause in all_causes if isinstance(cause, CoinModelsError)), None)
    if own is not None:
        return str(own) or type(own).__name__
    text = " ".join(str(all_causes[-1]).split())
    return f"{type(all_causes[-1]).__name__}: {text}" if text else type(all_causes[-1]).__name__


def causes(error: BaseException) -> Iterator[BaseException]:
    """The error, what it was raised from or while handling, and so on to the first."""
    cause: BaseException | None = error
    for _ in range(_MOST_CAUSES):
        if cause is None:
            return
        yield cause
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
