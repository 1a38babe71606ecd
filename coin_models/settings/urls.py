"""URLs that may hold credentials: shown without them, and handed on without them."""

from base64 import b64encode
from urllib.parse import unquote, urlsplit

from pydantic import Secret

_HIDDEN = "***"


class MaskedUrl(Secret[str]):
    """One URL, or several separated by commas; text and `repr` hide user, password and query of each."""

    def _display(self) -> str:
        return ",".join(map(masked, self.get_secret_value().split(",")))


def masked(url: str) -> str:
    """The URL with `***` for user and password, and for the query."""
    parts = urlsplit(url.strip())
    _user, at, host = parts.netloc.rpartition("@")
    query = _HIDDEN if parts.query else ""
    return parts._replace(netloc=f"{_HIDDEN}{at}{host}" if at else host, query=query, fragment="").geturl()


def without_credentials(url: str) -> str:
    """The URL without user, password, query and fragment: what may stand in an error of another library."""
    parts = urlsplit(url.strip())
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def basic_authorization(url: str) -> dict[str, str]:
    """The header that gives a server the URL's user and password (RFC 7617); empty where it has none."""
    parts = urlsplit(url.strip())
    if parts.username is None:
        return {}
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return {"Authorization": "Basic " + b64encode(pair.encode()).decode("ascii")}
