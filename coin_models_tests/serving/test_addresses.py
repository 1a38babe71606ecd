"""A port that is taken is refused before anything starts; loopback is recognised in each of its forms."""

import socket

import pytest

from coin_models.dev_stack.process import free_ports
from coin_models.errors import UsageError
from coin_models.serving.addresses import check_port, is_loopback


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_port_on_which_another_process_listens_is_refused_with_the_way_out(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as server:
        port = server.getsockname()[1]

        with pytest.raises(UsageError, match=rf"cannot listen on {host}:{port}: .*; choose another with --port"):
            check_port(host, port)


def test_a_port_that_is_only_looked_at_stays_free() -> None:
    port = free_ports(1)[0]

    check_port("127.0.0.1", port)
    check_port("127.0.0.1", port)
    with socket.create_server(("127.0.0.1", port)) as server:
        assert server.getsockname()[1] == port


@pytest.mark.parametrize(
    ("host", "is_own"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("10.1.2.3", False),
        ("db.example", False),
    ],
)
def test_loopback_is_what_no_other_machine_reaches(host: str, is_own: bool) -> None:
    assert is_loopback(host) is is_own
