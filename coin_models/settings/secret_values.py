"""The values in the settings that no text may show: keys, passwords, and what in a URL gives access."""

from base64 import b64encode
from collections.abc import Iterator
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from pydantic import BaseModel, Secret

from coin_models.settings.urls import MaskedUrl

_SERVERS = ("postgres", "redis")
"""Beginnings of schemes whose user names, hosts, paths and options are no secrets: sentences show them."""
_WEB = ("http", "https")
_SHORTEST_TOKEN = 8
_SHORTEST_VALUE = 4


def secret_values(settings: BaseModel) -> Iterator[str]:
    """Every secret part of every secret setting, groups and lists included."""
    for name in type(settings).model_fields:
        yield from _within(getattr(settings, name))


def secret_parts(url: str) -> Iterator[str]:
    """What of a URL gives access; all of it where it is none.

    Of databases and brokers the password; of others user, password, values of the query, and long parts of the path, which
    webhooks and monitors put their tokens in; of apprise's own schemes the tokens that stand in the host's place.
    """
    parts = _split(url)
    if parts is None:
        yield url
        return
    user, colon, password = parts.netloc.rpartition("@")[0].partition(":")
    yield from _both(password)
    if parts.scheme.startswith(_SERVERS):
        yield from (value for name, value in parse_qsl(parts.query) if "password" in name)
        return
    yield from _both(user)
    if colon:
        pair = f"{unquote(user)}:{unquote(password)}"
        yield b64encode(pair.encode()).decode("ascii")  # of a header with basic authorization
    yield from (value for _name, value in parse_qsl(parts.query) if len(value) >= _SHORTEST_VALUE)
    host = parts.netloc.rpartition("@")[2]
    tokens = (
        parts.path.split("/")
        if parts.scheme in _WEB or "." in host
        else [host, *host.split(":"), *parts.path.split("/")]
    )
    yield from (form for token in tokens if len(token) >= _SHORTEST_TOKEN for form in _both(token))


def _within(value: object) -> Iterator[str]:
    if isinstance(value, BaseModel):
        yield from secret_values(value)
    elif isinstance(value, tuple):
        for item in value:
            yield from _within(item)
    elif isinstance(value, Secret | MaskedUrl) or hasattr(value, "get_secret_value"):
        text = str(value.get_secret_value())
        for url in text.split(",") if isinstance(value, MaskedUrl) else [text]:
            yield from secret_parts(url.strip())


def _split(url: str) -> SplitResult | None:
    if "://" not in url:
        return None
    try:
        return urlsplit(url)
    except ValueError:
        return None


def _both(text: str) -> set[str]:
    """As it stands in the URL, and decoded."""
    return {text, unquote(text)} - {""}
