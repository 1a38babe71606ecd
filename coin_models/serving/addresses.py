"""Addresses that a server listens on."""

import ipaddress
import socket
from typing import Final

from coin_models.errors import UsageError

_BACKLOG: Final = 2048


def check_port(host: str, port: int) -> None:
    """Refuses a port that is taken, before anything is started."""
    _bound(host, port).close()


def listening_socket(host: str, port: int) -> socket.socket:
    """A socket that listens there: connections wait in it until a server accepts them.

    Raises:
        UsageError: the port is taken, or the address is none of this machine.
    """
    listening = _bound(host, port)
    listening.listen(_BACKLOG)
    return listening


def _bound(host: str, port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise UsageError(f"cannot listen on {host}:{port}: {error.strerror}; choose another with --port") from None
    return bound


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches it."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
