"""Whether this machine may join the fleet: the same tables, the same code that decides weights, a clock that is right.

Checked before a worker takes runs from its queues. The code is checked at each beat, too: when the control plane is
upgraded, the workers of the code before leave once they are idle.
"""

from collections.abc import Mapping
from typing import Final

from coin_models.db.migrate import HEAD
from coin_models.db.opening import open_database
from coin_models.diagnostics.storage_checks import clock_offsets, current_revision_of
from coin_models.errors import WorkerRefused
from coin_models.operations.workers import ControlPlane
from coin_models.pipeline.services import Services
from coin_models.settings.root import Settings

MAX_CLOCK_OFFSET_SECONDS: Final = 60.0
"""Beyond it a day would begin or end for this machine when it does not for the others."""


def require_same_tables(settings: Settings) -> None:
    """Before the services open, which would upgrade the tables of a control plane that runs older code.

    Raises:
        WorkerRefused: the tables are of other code than this; without any, they are created.
    """
    database = open_database(settings, migrate=False)
    try:
        revision = current_revision_of(database)
    finally:
        database.close()
    if revision not in (None, HEAD):
        raise WorkerRefused(
            f"the database is at schema revision {revision}, this worker's code is at {HEAD}: install the version of "
            "coin_models that the control machine runs, or upgrade the control machine first"
        )


def require_fit_to_join(services: Services, code_version: str) -> None:
    """Raises WorkerRefused, with what to do, for other code than the control plane's, or a clock that is wrong."""
    reason = other_code(services.workers.control(), code_version) or wrong_clock(
        clock_offsets(services.settings, services.database, services.store)
    )
    if reason is not None:
        raise WorkerRefused(reason)


def other_code(control: ControlPlane | None, code_version: str) -> str | None:
    """Why a worker with this code is refused; None where it is the control plane's, or no control plane is alive."""
    if control is None or control.code_version == code_version:
        return None
    return (
        f"this worker's training code is {code_version[:12]}, that of the control plane on {control.machine} is "
        f"{control.code_version[:12]}: it would make other models. Install the "
        "same version of coin_models here, then start it again"
    )


def wrong_clock(offsets: Mapping[str, float]) -> str | None:
    """Why a machine whose clock is this many seconds ahead of the others' is refused; None where it is not."""
    for name, seconds in offsets.items():
        if abs(seconds) > MAX_CLOCK_OFFSET_SECONDS:
            direction = "ahead of" if seconds > 0 else "behind"
            return (
                f"this machine's clock is {abs(seconds):.0f} s {direction} the {name}'s, {MAX_CLOCK_OFFSET_SECONDS:.0f} s are "
                "allowed: set it (NTP), then start the worker again"
            )
    return None
