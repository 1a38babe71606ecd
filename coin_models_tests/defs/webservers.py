"""The guarded web server on loopback, with no code location: it starts within two seconds."""

import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from coin_models.defs.servers import WEBSERVER
from coin_models.dev_stack.process import free_ports
from coin_models_tests.proofs.processes import wait_for

LOG = "webserver.log"
"""What the server wrote, in the folder given."""


@contextmanager
def guarded_webserver(folder: Path, *arguments: str, **variables: str) -> Iterator[int]:
    """Its port; the server is up within the block and gone after it."""
    port = free_ports(1)[0]
    command = [sys.executable, "-m", WEBSERVER, "--port", str(port), "--empty-workspace", *arguments]
    (folder / "dagster.yaml").write_text("telemetry: {enabled: false}\nnux: {enabled: false}\n")
    with (folder / LOG).open("wb") as log:
        server = subprocess.Popen(
            command, cwd=folder, env=webserver_environment(folder, **variables), stdout=log, stderr=log
        )
    try:
        wait_for("the web server", lambda: server.poll() is not None or _is_up(port), seconds=60.0)
        assert server.poll() is None
        yield port
    finally:
        server.terminate()
        server.wait(30)


def webserver_environment(folder: Path, **variables: str) -> dict[str, str]:
    """This process's variables without ours, with Dagster's home in the folder."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("COIN_MODELS_")}
    return {**plain, "DAGSTER_HOME": str(folder), "DAGSTER_DISABLE_TELEMETRY": "1", **variables}


def _is_up(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
