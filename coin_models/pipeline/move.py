"""Moves a home: refuses while something works on it, copies objects, tables and Dagster's history, and compares everything.

Dagster's part is given by the caller, since only defs and the command line know it.
"""

import fcntl
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from coin_models.db.dump import count_rows
from coin_models.errors import Deferred, HomeError
from coin_models.home.copying import COPIED, Advance, copy_objects, differing_objects
from coin_models.home.moving import check_move, finish_move, mark_origin, mark_target, move_tables, unmark_origin
from coin_models.home.opening import Home
from coin_models.operations.process import is_gone
from coin_models.operations.turns import HOME, Turn
from coin_models.pipeline.services import Services
from coin_models.private_files import make_private_file, make_private_folder
from coin_models.storage import keys

MoveHistory = Callable[[Advance], tuple[int, int]]
"""Copies Dagster's runs and materializations; returns how many of each the target has from this home."""
_PREFIXES: Final = (*COPIED, keys.CHECKPOINTS)
"""A fit that was interrupted continues in the new home."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedHome:
    """What a move came to."""

    to: str  # the database, without its password
    store: str
    was_moved: bool = False  # by an earlier call; then the rest is 0
    num_rows: int = 0
    num_objects: int = 0
    num_copied: int = 0
    num_runs: int = 0
    num_partitions: int = 0  # materialized ones, of all assets
    damaged: tuple[str, ...] = ()  # objects of the origin whose bytes are not what their key says; not copied

    def to_json(self) -> dict[str, Any]:
        """As `coin-models home move --json` prints it."""
        return {
            "to": self.to,
            "store": self.store,
            "was_moved": self.was_moved,
            "rows": self.num_rows,
            "objects": self.num_objects,
            "copied": self.num_copied,
            "runs": self.num_runs,
            "partitions": self.num_partitions,
            "damaged": list(self.damaged),
        }


def move_home(origin: Services, target: Services, advance: Advance, history: MoveHistory) -> MovedHome:
    """Makes the target what the origin is; the origin then refuses to work. A call after a kill continues.

    Raises:
        Deferred: a session or a worker works on the origin, or a backup or `prune` does.
        HomeError: the target holds a different history, or the origin changed meanwhile.
        StoreError, DatabaseError: the same call again continues.
    """
    old, new = (Home(settings=each.settings, database=each.database, store=each.store) for each in (origin, target))
    if check_move(old, new):
        return MovedHome(to=new.database.url, store=new.store.url, was_moved=True)
    # A killed move's turn lasts for minutes: this machine's next call takes it over, which the lock makes safe.
    with _alone(origin), Turn(origin.leases, HOME, f"move {socket.gethostname()[:50]}") as turn:

        def step(text: str, done: int, total: int) -> None:
            advance(text, done, total)
            turn.renew()

        _freeze(origin, old, new)
        mark_target(old, new)
        copied = copy_objects(old.store, new.store, step, prefixes=_prefixes(old, new))
        move_tables(old, new, step)
        num_runs, num_partitions = history(step)
        differing = set(differing_objects(old.store, new.store, step, prefixes=_prefixes(old, new)))
        if differing.difference(copied.damaged):
            key = min(differing.difference(copied.damaged))
            raise HomeError(
                f"{len(differing)} object(s) in {new.store.url} are not those in {old.store.url}, such as {key}: end what works "
                "on either, then repeat the command"
            )
        finish_move(old, new, step)
    return MovedHome(
        to=new.database.url,
        store=new.store.url,
        num_rows=sum(count_rows(new.database).values()),
        num_objects=copied.num_objects,
        num_copied=copied.num_copied,
        num_runs=num_runs,
        num_partitions=num_partitions,
        damaged=copied.damaged,
    )


@contextmanager
def _alone(origin: Services) -> Iterator[None]:
    make_private_folder(origin.settings.home)
    path = origin.settings.home / ".moving"
    make_private_file(path)
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Deferred("another `coin-models home move` of this home works; wait for its end") from None
        yield


def _prefixes(old: Home, new: Home) -> tuple[str, ...]:
    return () if old.store.url == new.store.url else _PREFIXES


def _freeze(origin: Services, old: Home, new: Home) -> None:
    """Marks the origin while nothing works on it; looks again, since a session may have begun before the mark."""
    _require_idle(origin)
    mark_origin(old, new)
    try:
        _require_idle(origin)
    except BaseException:
        unmark_origin(old)
        raise


def _require_idle(origin: Services) -> None:
    seconds = origin.settings.operations.lease_seconds
    working = [
        each
        for each in origin.sessions.open_sessions()
        if each.silent_for.total_seconds() < seconds and not is_gone(each.process)
    ]
    workers = origin.workers.live()
    if working or workers:
        raise Deferred(
            f"{len(working)} session(s) and {len(workers)} worker(s) work on this home: stop the daemon and the workers, wait "
            "for the end of `coin-models retrain`, then repeat the command (one that was killed on another machine counts "
            f"for {seconds:.0f} s)"
        )
