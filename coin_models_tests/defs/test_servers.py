"""Starting the UI: a port that is taken is refused before anything is started."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from coin_models.defs.servers import code_server_log_format, serve
from coin_models.dev_stack.process import free_ports
from coin_models.errors import OtherMarket, UsageError
from coin_models.pipeline.services import open_services
from coin_models.settings.root import Settings


def test_a_taken_port_makes_no_home(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises(UsageError):
        serve(settings, host="127.0.0.1", port=server.getsockname()[1])

    assert not settings.home.exists()


def test_a_home_of_another_market_starts_no_server(tmp_path: Path) -> None:
    open_services(Settings(home=tmp_path, timeframe="5m"), create=True).close()

    with pytest.raises(OtherMarket):
        serve(Settings(home=tmp_path, timeframe="1h"), host="127.0.0.1", port=free_ports(1)[0])


@pytest.mark.parametrize("prefix", ["dagster", "/", "/dagster/", "//host", "/a b", "/a?b"])
def test_a_prefix_that_is_no_path_is_refused_before_anything_starts(tmp_path: Path, prefix: str) -> None:
    with pytest.raises(UsageError, match=r"--path-prefix .* is not a path such as /dagster"):
        serve(Settings(home=tmp_path / "home"), host="127.0.0.1", port=free_ports(1)[0], path_prefix=prefix)

    assert not (tmp_path / "home").exists()


def test_a_code_server_logs_json_where_the_settings_say_so(tmp_path: Path) -> None:
    (tmp_path / "empty.py").write_text("import dagster\ndefs = dagster.Definitions()\n")
    settings = Settings(home=tmp_path, log_format="json")
    command = [
        sys.executable,
        "-m",
        "dagster",
        "api",
        "grpc",
        "--python-file",
        "empty.py",
        "--port",
        str(free_ports(1)[0]),
    ]
    server = subprocess.Popen(
        command,
        cwd=tmp_path,
        env={**os.environ, "DAGSTER_HOME": str(tmp_path), **code_server_log_format(settings)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert server.stdout is not None
    line = server.stdout.readline()
    server.terminate()
    server.communicate(timeout=30)

    assert "Starting Dagster code server" in json.loads(line)["event"]
    assert code_server_log_format(Settings(home=tmp_path)) == {}
