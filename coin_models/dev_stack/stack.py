"""The local stack: a real PostgreSQL, a real S3 server and, for a fleet, a real Redis, from Python wheels, on loopback.

It needs neither Docker nor root. Credentials are random, in a file that only the user can read. Both servers continue
after the process that started them has ended, keep their ports across restarts, and stop at `down`.
"""

import fcntl
import json
import os
import secrets
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from coin_models.dev_stack.postgres import DATABASE, USER, PostgresServer, create_database
from coin_models.dev_stack.process import are_free, free_ports
from coin_models.dev_stack.redis import RedisServer
from coin_models.dev_stack.s3 import BUCKET, NUM_PORTS, S3Server
from coin_models.errors import StoreRefused


@dataclass(frozen=True, slots=True, kw_only=True)
class StackAccess:
    """Addresses and credentials of a stack's servers."""

    postgres_port: int
    postgres_password: str = field(repr=False)
    s3_ports: tuple[int, ...]  # S3's own first
    s3_access_key_id: str = field(repr=False)
    s3_secret_access_key: str = field(repr=False)
    redis_port: int = 0  # 0: without a broker
    redis_password: str = field(repr=False, default="")

    @property
    def database_url(self) -> str:
        """SQLAlchemy URL of the database. Secret."""
        return self.url_of_database(DATABASE)

    def url_of_database(self, name: str) -> str:
        """SQLAlchemy URL of a database on this server. Secret."""
        return f"postgresql://{USER}:{self.postgres_password}@127.0.0.1:{self.postgres_port}/{name}"

    @property
    def s3_endpoint_url(self) -> str:
        """Endpoint of the S3 server."""
        return f"http://127.0.0.1:{self.s3_ports[0]}"

    @property
    def store_url(self) -> str:
        """The bucket, as `store_url` of the settings."""
        return f"s3://{BUCKET}"

    @property
    def broker_url(self) -> str | None:
        """URL of the broker, where the stack was started with one. Secret."""
        return f"redis://:{self.redis_password}@127.0.0.1:{self.redis_port}/0" if self.redis_port else None

    def environment(self) -> dict[str, str]:
        """The `COIN_MODELS_*` variables that point at this stack. Secret."""
        fleet = {"COIN_MODELS_FLEET_BROKER_URL": self.broker_url} if self.broker_url else {}
        return {
            **fleet,
            "COIN_MODELS_DATABASE_URL": self.database_url,
            "COIN_MODELS_STORE_URL": self.store_url,
            "COIN_MODELS_STORE_ENDPOINT_URL": self.s3_endpoint_url,
            "COIN_MODELS_STORE_ACCESS_KEY_ID": self.s3_access_key_id,
            "COIN_MODELS_STORE_SECRET_ACCESS_KEY": self.s3_secret_access_key,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerStatus:
    """One line of `coin-models stack status`."""

    name: str
    pid: int | None  # None: not running
    address: str
    log_path: Path


class LocalStack:
    """The servers whose data lie in `folder`."""

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        """Starts nothing.

        Args:
            folder: created by `up`, for the user alone.
            durable: without it a power cut may cost PostgreSQL's data, and tests run faster.
        """
        self._folder = folder.absolute()
        self._access_path = self._folder / "access.json"
        self.postgres = PostgresServer(self._folder, durable=durable)
        self.s3 = S3Server(self._folder)
        self.redis = RedisServer(self._folder)

    def up(self, *, fleet: bool = False) -> StackAccess:
        """Starts what is not running; returns where to find it. The first start takes about 6 s, later ones 4 s.

        Args:
            fleet: start the broker too.

        Raises:
            StoreUnavailable: a server did not start; the message quotes its log.
            StoreRefused: the wheels are not installed, or the folder cannot be used.
        """
        with self._locked():
            access = self._access(fleet=fleet)
            self.postgres.up(port=access.postgres_port, password=access.postgres_password)
            self.s3.up(
                ports=access.s3_ports,
                access_key_id=access.s3_access_key_id,
                secret_access_key=access.s3_secret_access_key,
            )
            if access.redis_port:
                self.redis.up(port=access.redis_port, password=access.redis_password)
        return access

    def separate(self, name: str) -> dict[str, str]:
        """The `COIN_MODELS_*` variables of a database and a prefix of that name, beside the stack's own. Secret.

        The database is created where it is not there yet; the stack runs.
        """
        access = self.access()
        create_database(access.postgres_port, access.postgres_password, name)
        return {
            **access.environment(),
            "COIN_MODELS_DATABASE_URL": access.url_of_database(name),
            "COIN_MODELS_STORE_URL": f"{access.store_url}/{name}",
        }

    def down(self, *, but: Collection[str] = ()) -> list[str]:
        """Stops what is running, `but` those servers, in good order; returns the names of what it stopped. The data stay."""
        if not self._folder.exists():
            return []
        with self._locked():
            servers = [
                server
                for server in (self.redis.process, self.s3.process, self.postgres.process)
                if server.name not in but
            ]
            # find: an `up` that was interrupted may not have come to writing a process id down.
            return [process.name for process in servers if process.find() is not None and process.stop()]

    def status(self) -> list[ServerStatus]:
        """What runs, and where."""
        access = self._stored_access()
        servers = {self.postgres.process: "", self.s3.process: ""}
        if access is not None:
            servers = {
                self.postgres.process: f"127.0.0.1:{access.postgres_port}",
                self.s3.process: access.s3_endpoint_url,
            }
            servers |= {self.redis.process: f"127.0.0.1:{access.redis_port}"} if access.redis_port else {}
        return [
            ServerStatus(name=process.name, pid=process.pid, address=address, log_path=process.log_path)
            for process, address in servers.items()
        ]

    def access(self) -> StackAccess:
        """Where the servers listen, without starting them.

        Raises:
            StoreRefused: this stack was never started.
        """
        access = self._stored_access()
        if access is None:
            raise StoreRefused(f"no stack in {self._folder}; `coin-models stack up` creates one")
        return access

    def _access(self, *, fleet: bool) -> StackAccess:
        """The stored ports and credentials; new ports where others are now in use."""
        stored = self._stored_access()
        postgres_port, s3_ports = (stored.postgres_port, stored.s3_ports) if stored else (0, ())
        if not postgres_port or (self.postgres.process.find() is None and not are_free([postgres_port])):
            postgres_port = free_ports(1)[0]
        if not s3_ports or (self.s3.process.find() is None and not are_free(s3_ports)):
            s3_ports = tuple(port for port in free_ports(NUM_PORTS + 1) if port != postgres_port)[:NUM_PORTS]
        redis_port = stored.redis_port if stored else 0
        if self.redis.process.find() is None:
            if not fleet:
                redis_port = 0
            elif not redis_port or not are_free([redis_port]):
                redis_port = next(port for port in free_ports(NUM_PORTS + 2) if port not in (postgres_port, *s3_ports))
        access = StackAccess(
            redis_port=redis_port,
            redis_password=(stored.redis_password if stored else "") or secrets.token_urlsafe(24),
            postgres_port=postgres_port,
            postgres_password=stored.postgres_password if stored else secrets.token_urlsafe(24),
            s3_ports=s3_ports,
            s3_access_key_id=stored.s3_access_key_id if stored else secrets.token_hex(10).upper(),
            s3_secret_access_key=stored.s3_secret_access_key if stored else secrets.token_urlsafe(30),
        )
        if access != stored:
            self._store(access)
        return access

    def _stored_access(self) -> StackAccess | None:
        try:
            content = json.loads(self._access_path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return StackAccess(**{**content, "s3_ports": tuple(content["s3_ports"])})

    def _store(self, access: StackAccess) -> None:
        fresh = self._access_path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(asdict(access), file)
        fresh.replace(self._access_path)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Two `up` at once must not create two clusters."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            file = (self._folder / ".lock").open("w")
        except OSError as error:
            raise StoreRefused(f"the stack's folder {self._folder} cannot be used: {error.strerror}") from error
        with file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
