"""The exit codes of every command, as one table: what a supervisor (systemd, Kubernetes, a pod's script) decides by.

Only codes belong here; which error has which code stands in `errors.py`, and what a run of several coins ends with in
`pipeline/run_summary.py`.
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """How a command ended."""

    DONE = 0
    COULD_NOT_WORK = 1
    MISUSE = 2
    SOME_FAILED = 3
    PUT_OFF = 75  # EX_TEMPFAIL of sysexits.h
    CTRL_C = 130  # 128 and SIGINT's 2
    INTERRUPTED = 143  # 128 and SIGTERM's 15

    @property
    def meaning(self) -> str:
        """What the code says, in a line."""
        return _TABLE[self][0]

    @property
    def supervisor(self) -> str:
        """What a supervisor does about it."""
        return _TABLE[self][1]


_TABLE = {
    ExitCode.DONE: (
        "done: everything requested is published, or skipped by a rule, or stale and kept; a dry run",
        "nothing",
    ),
    ExitCode.COULD_NOT_WORK: (
        "could not work: nothing requested is published, with the reason; a command that checks found a problem",
        "repeats the same command later",
    ),
    ExitCode.MISUSE: (
        "misuse: wrong usage or settings, or a machine that cannot train; nothing was started",
        "does not repeat it; a person corrects it",
    ),
    ExitCode.SOME_FAILED: (
        "some coins failed, or a later step did (trades, patterns, report); the rest is published",
        "does not repeat it at once; the next night's `retrain --missing` does",
    ),
    ExitCode.PUT_OFF: (
        "put off: the day's budget is spent, or an on-demand machine should take over ([costs](costs.md))",
        "repeats the same command later",
    ),
    ExitCode.CTRL_C: ("interrupted with Ctrl-C", "the same command continues"),
    ExitCode.INTERRUPTED: ("interrupted: the machine stops", "repeats the same command"),
}


def markdown_table() -> list[str]:
    """The table as the documentation shows it."""
    rows = [f"| {int(code)} | {code.meaning} | {code.supervisor} |" for code in ExitCode]
    return ["| code | meaning | a supervisor |", "|---|---|---|", *rows]
