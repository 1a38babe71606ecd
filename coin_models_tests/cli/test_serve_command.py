"""`serve` refuses in one sentence what could not work; that it serves is in serving/test_server.py."""

import socket
from pathlib import Path

from coin_models_tests.cli.running import coin_models, make_home


def test_it_is_refused_without_a_home_without_a_token_and_on_a_port_in_use(tmp_path: Path) -> None:
    without_home = coin_models(tmp_path, "serve")
    make_home(tmp_path)
    without_token = coin_models(tmp_path, "serve", "--host", "10.1.2.3")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        in_use = coin_models(tmp_path, "serve", "--port", str(taken.getsockname()[1]))

    assert [ran.code for ran in (without_home, without_token, in_use)] == [2, 2, 2]
    assert [len(ran.stderr.splitlines()) for ran in (without_home, without_token, in_use)] == [1, 1, 1]
    assert "set COIN_MODELS_SERVE_TOKEN" in without_token.text
    assert "Address already in use; choose another with --port" in in_use.text
