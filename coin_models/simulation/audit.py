"""The audit of a night: what every committed transaction did to leases and versions, seen by triggers of the database.

It knows nothing of the code that it judges: it reads rows, the true time, and which process sent the statement.
"""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from coin_models.simulation.operations import Operations
from coin_models.simulation.scheduler import Process
from coin_models.storage.memory import MemoryStore

_TRIGGERS = """
CREATE TEMP TRIGGER audit_lease AFTER UPDATE ON main.leases BEGIN SELECT audit('lease', NEW.name, OLD.session_id,
    NEW.session_id, OLD.token, NEW.token, OLD.expires_at, NEW.expires_at,
    (SELECT heartbeat_at FROM sessions WHERE id = OLD.session_id)); END;
CREATE TEMP TRIGGER audit_version AFTER INSERT ON main.model_versions BEGIN SELECT audit('version', NEW.id, NEW.coin,
    NEW.session_id, NEW.weights_key, NEW.manifest_key,
    (SELECT session_id FROM leases WHERE name = 'model/' || NEW.coin || '/' || NEW.day)); END;
CREATE TEMP TRIGGER audit_loss AFTER DELETE ON main.model_versions BEGIN SELECT audit('loss', OLD.id); END;
CREATE TEMP TRIGGER audit_session AFTER INSERT ON main.sessions BEGIN SELECT audit('session', NEW.id); END;
"""

Row = tuple[object, ...]


@dataclass(slots=True, eq=False)
class Audit:
    """Watches the connections of a night."""

    operations: Operations
    memory: MemoryStore
    began: datetime
    lease_seconds: float
    violations: list[str] = field(default_factory=list)
    published: set[str] = field(default_factory=set)
    processes: dict[str, Process | None] = field(default_factory=dict)  # by session
    _pending: dict[int, list[tuple[Process | None, float, Row]]] = field(default_factory=dict)  # by connection

    def watch(self, raw: sqlite3.Connection) -> None:
        """Sees what this connection does from now on."""
        pending: list[tuple[Process | None, float, Row]] = []
        self._pending[id(raw)] = pending

        def audit(*row: object) -> None:
            pending.append((self.operations.process, self.operations.scheduler.now, row))

        raw.create_function("audit", -1, audit)
        raw.executescript(_TRIGGERS)

    def committed(self, raw: sqlite3.Connection) -> None:
        """Judges what the transaction did."""
        for process, at, (kind, *values) in self._pending[id(raw)]:
            judge: Callable[..., None] = getattr(self, f"_judge_{kind}")
            judge(process, self.began + timedelta(seconds=at), *values)
        self._pending[id(raw)].clear()

    def rolled_back(self, raw: sqlite3.Connection) -> None:
        """Nothing happened."""
        self._pending[id(raw)].clear()

    def _judge_session(self, process: Process | None, _now: datetime, session: str) -> None:
        self.processes[session] = process

    def _judge_version(
        self, process: Process | None, _now: datetime, version: str, coin: str, session: str, *rest: str
    ) -> None:
        weights, manifest, holder = rest
        self.published.add(version)
        if holder != session or self.processes.get(session) is not process:
            self._report(f"{version} was published by session {session[:8]} while {str(holder)[:8]!r} held the lease")
        missing = [key for key in (weights, manifest) if key not in self.memory._objects]
        if missing:
            self._report(f"{version} of {coin} was published before {', '.join(missing)} was stored")

    def _judge_loss(self, _process: Process | None, _now: datetime, version: str) -> None:
        self._report(f"version {version} was removed")

    def _judge_lease(
        self, process: Process | None, now: datetime, name: str, old: str, new: str, *rest: object
    ) -> None:
        old_token, new_token, old_end, new_end, heartbeat = rest
        lived = _time(old_end) > now
        if new not in (old, "") and old and lived:
            self._report(f"{name} was taken by {new[:8]} while {old[:8]} held it until {old_end}")
        if int(str(new_token)) < int(str(old_token)) or (new not in (old, "") and new_token == old_token):
            self._report(f"{name}: token {old_token} of {old[:8]} was followed by {new_token} of {new[:8]}")
        owner = self.processes.get(old)
        if owner is None or process is owner:
            return
        if new == old and _time(new_end) != _time(old_end):
            self._report(f"{name} of {old[:8]} was renewed by {process.name if process else 'no process'}")
        is_silent = heartbeat is not None and now - _time(heartbeat) > timedelta(seconds=self.lease_seconds)
        if not new and old and owner.is_alive and not is_silent:
            self._report(f"{name} was taken from {old[:8]}, which lives and was not silent")

    def _report(self, violation: str) -> None:
        self.violations.append(f"at {self.operations.scheduler.now:.1f} s: {violation}")


def _time(value: object) -> datetime:
    """As the database keeps it: UTC, without the zone."""
    return datetime.fromisoformat(str(value)).replace(tzinfo=UTC)
