"""Settings of `coin-models serve`: forecasts over HTTP."""

import re
from collections.abc import Iterator
from typing import Final

from pydantic import Field, SecretStr

from coin_models.settings.base import SettingsGroup

_SHORTEST_TOKEN: Final = 16
_TOKEN: Final = re.compile(r"[!-~]+")
_HOST: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")


def _token_problems(settings: "ServeSettings") -> Iterator[str]:
    # Nothing of it is quoted.
    token = settings.token.get_secret_value() if settings.token is not None else None
    if token is not None and (len(token) < _SHORTEST_TOKEN or not _TOKEN.fullmatch(token)):
        yield (
            f"token: it must have {_SHORTEST_TOKEN} characters or more, without spaces or letters beyond ASCII; "
            '`python -c "import secrets; print(secrets.token_urlsafe(32))"` makes one'
        )


def _host_problems(settings: "ServeSettings") -> Iterator[str]:
    bad = [host for host in settings.hosts if not _HOST.fullmatch(host)]
    if bad:
        yield f"hosts: {', '.join(map(repr, bad))} are not names of hosts (give api.example.org: no scheme, port, path or *)"


class ServeSettings(SettingsGroup):
    """`COIN_MODELS_SERVE_*`: forecasts over HTTP (`coin-models serve`)."""

    token: SecretStr | None = None
    """What requests must carry, as `Authorization: Bearer TOKEN`; required to listen on more than loopback. Secret."""
    hosts: tuple[str, ...] = ()
    """Names under which a proxy serves the forecasts, such as api.example.org; loopback and the address listened on need none."""
    refresh_seconds: float = Field(default=10.0, gt=0)
    """Seconds between two looks at who is champion; a new one forecasts from then on, without a restart."""

    rules = (_token_problems, _host_problems)
