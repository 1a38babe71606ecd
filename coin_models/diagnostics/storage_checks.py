"""The doctor's checks of storage: settings file, database, object store, and clock skew.

They use short time-outs and leave nothing behind.
"""

import shlex
import stat
import statistics
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text

from coin_models.clock import SystemClock
from coin_models.db.engine import Database
from coin_models.db.migrate import HEAD, current_revision
from coin_models.db.opening import open_database
from coin_models.diagnostics.findings import Finding, Level
from coin_models.errors import NoHome, ObjectExists, ObjectNotFound
from coin_models.home.market import market_of
from coin_models.home.opening import Home, check_home, require_home
from coin_models.home.records import read_database_record
from coin_models.market.sources.factory import build_source
from coin_models.private_files import is_open_to_others
from coin_models.settings.load import EffectiveSetting
from coin_models.settings.root import Settings
from coin_models.storage import keys
from coin_models.storage.factory import build_store
from coin_models.storage.local import LocalStore
from coin_models.storage.object_store import ObjectStore

PATIENCE_SECONDS = 2.0
SLOW_DATABASE_SECONDS = 0.2
SLOW_STORE_SECONDS = 2.0
_PROBE = b"coin-models doctor"
_SKEW_SECONDS = 2.0  # an HTTP date is whole seconds


def quick_database(settings: Settings) -> Database | None:
    """The database, not upgraded, with a short wait; None where there is no SQLite file yet."""
    if settings.database_url is None and not (settings.home / "coin_models.db").exists():
        return None
    return open_database(settings, migrate=False, patience_seconds=PATIENCE_SECONDS)


def quick_store(settings: Settings) -> ObjectStore:
    """The object store, with short waits."""
    return build_store(settings, patience_seconds=PATIENCE_SECONDS)


def check_secret_file(path: Path | None, rows: Sequence[EffectiveSetting]) -> Finding:
    """The settings are valid, or there would be no doctor; a file that holds secrets is for its owner alone."""
    num_set = sum(row.origin != "default" for row in rows)
    secret = [row.name for row in rows if path and row.origin == path.name and row.value.startswith("*")]
    summary = f"{num_set} of {len(rows)} set, the others at their defaults"
    if path and secret and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return Finding(
            name="settings",
            level=Level.WARNING,
            text=f"{summary}; {path} holds {', '.join(secret)} and others than its owner can read it",
            advice=f"chmod 600 {path}",
        )
    return Finding(name="settings", text=summary)


def check_permissions(settings: Settings) -> Finding:
    """The home and a store in a folder are for their owner alone; earlier versions left that to the umask."""
    home = settings.home
    loose = [home] if is_open_to_others(home) and any(map(is_open_to_others, home.iterdir())) else []
    if settings.store_url is not None and "://" not in settings.store_url:
        loose += [
            store for store in [Path(settings.store_url)] if is_open_to_others(store) and home not in store.parents
        ]
    if loose:
        names = " ".join(shlex.quote(str(path)) for path in loose)
        return Finding(
            name="permissions",
            level=Level.WARNING,
            text=f"others than the owner can look into {', '.join(map(str, loose))}",
            advice=f"chmod -R go-rwx {names}",
        )
    return Finding(name="permissions", text="home and store are for their owner alone")


def check_database(database: Database | None, settings: Settings) -> Finding:
    """Answers, at which version and schema revision, and how quickly."""
    if database is None:
        return Finding(name="database", text=f"SQLite in {settings.home}, made by the first `coin-models retrain`")
    seconds = []
    with database.read() as connection:
        version = ".".join(map(str, connection.dialect.server_version_info or ()))
        revision = current_revision(connection)
        for _ in range(5):
            began = time.perf_counter()
            connection.execute(text("SELECT 1"))
            seconds.append(time.perf_counter() - began)
    latency = statistics.median(seconds)
    summary = f"{database.engine.dialect.name} {version}, tables at {revision or 'no revision yet'}, {_shown(latency)} a query"
    if revision not in (None, HEAD):
        return Finding(
            name="database",
            level=Level.WARNING,
            text=f"{summary}; this code's are at {HEAD}",
            advice="the next command upgrades them; if the database's are newer, upgrade coin_models here first",
        )
    if latency > SLOW_DATABASE_SECONDS:
        advice = "use a database closer to this machine: a run makes a few queries per coin"
        return Finding(name="database", level=Level.WARNING, text=summary, advice=advice)
    return Finding(name="database", text=summary)


def check_identity(database: Database | None, store: ObjectStore, settings: Settings) -> Finding:
    """Database and store belong together and hold the settings' market; an error says what to do."""
    market = market_of(settings).name_in(settings)
    revision = None if database is None else current_revision_of(database)
    if database is None or revision is None:
        with suppress(NoHome):
            require_home(settings)
        return Finding(name="identity", text=f"{market}: the first `coin-models retrain` records it")
    if revision != HEAD:
        return Finding(name="identity", text=f"{market}: recorded when the tables are upgraded")
    home = Home(settings=settings, database=database, store=store)
    check_home(home, may_write=False, source=lambda: build_source(settings, SystemClock()))
    record = read_database_record(database)
    if record is None:
        return Finding(
            name="identity",
            level=Level.WARNING,
            text=f"{market}: this home was made by coin_models 0.1 and does not say which market it holds",
            advice="the next `coin-models retrain` compares stored candles and records it",
        )
    return Finding(name="identity", text=f"{market}; database and store have the id {record.home_id[:8]}")


def current_revision_of(database: Database) -> str | None:
    """The revision of its tables; None before the first migration."""
    with database.read() as connection:
        return current_revision(connection)


def check_store(store: ObjectStore) -> Finding:
    """Puts, refuses a second conditional put, gets, lists and deletes an object of its own."""
    if isinstance(store, LocalStore) and not Path(store.url).exists():
        return Finding(name="store", text=f"{store.url}: made by the first `coin-models retrain`")
    began = time.perf_counter()
    with _probe(store) as key:
        is_conditional = _refuses_to_replace(store, key)
        got, listed = store.get(key), [info.key for info in store.list(key)]
    seconds = time.perf_counter() - began
    if got != _PROBE or listed != [key]:
        return Finding(
            name="store",
            level=Level.ERROR,
            text=f"{store.url}: the object that was read differs from the one written (listed {listed})",
            advice="do not train on this store: it is not consistent",
        )
    if _is_there(store, key):
        advice = f"remove {key} manually and allow deletion: old checkpoints are deleted"
        return Finding(
            name="store", level=Level.ERROR, text=f"{store.url}: a deleted object still exists", advice=advice
        )
    summary = f"{store.url}: put, get, list and delete work, {_shown(seconds)} together"
    if not is_conditional:
        advice = "not required: leases prevent two writers; conditional put is a second safeguard"
        return Finding(name="store", level=Level.WARNING, text=f"{summary}; conditional put is ignored", advice=advice)
    if seconds > SLOW_STORE_SECONDS:
        return Finding(name="store", level=Level.WARNING, text=summary, advice="choose a region near this machine")
    return Finding(name="store", text=summary)


def clock_offsets(settings: Settings, database: Database | None, store: ObjectStore) -> dict[str, float]:
    """How many seconds this machine's clock is ahead of the database's and the store's, where they are elsewhere."""
    offsets = {}
    if database is not None and settings.database_url is not None:
        began = datetime.now(UTC)
        with database.read() as connection:
            theirs = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
        offsets["database"] = _offset(began, theirs)
    if settings.store_url is not None and settings.store_url.startswith("s3://"):
        began = datetime.now(UTC)
        with _probe(store) as key:
            offsets["store"] = _offset(began, store.list(key)[0].modified)
    return offsets


def check_clock(offsets: Mapping[str, float]) -> Finding:
    """Leases follow the database's clock; which days are complete and when a night begins follows this machine's."""
    if not offsets:
        return Finding(name="clock", text=f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC; no other clock to compare with")
    worst, seconds = max(offsets.items(), key=lambda item: abs(item[1]))
    offset = f"{abs(seconds):.1f} s {'ahead of' if seconds > 0 else 'behind'} the {worst}'s"
    if abs(seconds) <= _SKEW_SECONDS:
        return Finding(name="clock", text=offset)
    return Finding(name="clock", level=Level.WARNING, text=offset, advice="set this machine's clock (NTP)")


@contextmanager
def _probe(store: ObjectStore) -> Iterator[str]:
    """Puts an object under a fresh key, and removes it again."""
    key = keys.probe(uuid.uuid4().hex)
    store.put(key, _PROBE)
    try:
        yield key
    finally:
        store.delete(key)


def _refuses_to_replace(store: ObjectStore, key: str) -> bool:
    try:
        store.put(key, _PROBE, if_absent=True)
    except ObjectExists:
        return True
    return False


def _is_there(store: ObjectStore, key: str) -> bool:
    try:
        store.get(key)
    except ObjectNotFound:
        return False
    return True


def _offset(began: datetime, theirs: datetime) -> float:
    """Seconds that our clock is ahead; theirs was read somewhere between `began` and now."""
    ended = datetime.now(UTC)
    return (began + (ended - began) / 2 - theirs).total_seconds()


def _shown(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.1f} s"
