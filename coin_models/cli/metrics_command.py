"""`metrics`: the home's figures for Prometheus."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from coin_models.cli import options
from coin_models.cli.console import err
from coin_models.errors import UsageError
from coin_models.exit_codes import ExitCode

_READABLE = 0o644  # another user's node_exporter reads it


def metrics(
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", parser=options.parse_path, help="Write them to FILE, for node_exporter's textfile collector."
        ),
    ] = None,
    listen: Annotated[
        str | None, typer.Option("--listen", metavar="HOST:PORT", help="Serve them at /metrics until a signal comes.")
    ] = None,
) -> int:
    """Print the figures of the home in Prometheus's text format, by the database alone."""
    from coin_models.settings.load import load_settings

    if output and listen:
        raise UsageError("--output and --listen exclude each other; give one")
    settings = load_settings()
    if listen:
        from coin_models.defs.metrics_server import PATH, serve_metrics
        from coin_models.serving.addresses import check_port

        host, port = parse_address(listen)
        check_port(host, port)
        err.print(f"metrics: http://{listen}{PATH} (Ctrl-C stops it)", markup=False, soft_wrap=True)
        serve_metrics(settings, host, port)
        return ExitCode.DONE
    from coin_models.pipeline.metrics import metrics_text

    text = metrics_text(settings)
    if output is None:
        sys.stdout.write(text.decode())
    else:
        _replace(output, text)
    return ExitCode.DONE


def parse_address(text: str) -> tuple[str, int]:
    """Host and port of `HOST:PORT`.

    Raises:
        UsageError: it is none.
    """
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65_536:
        raise UsageError(f"--listen {text!r} is no address; use HOST:PORT, such as 127.0.0.1:9464")
    return host.strip("[]"), int(port)


def _replace(path: Path, text: bytes) -> None:
    """Writes the file whole: the collector reads it at any time."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        part.write_bytes(text)
        part.chmod(_READABLE)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise UsageError(
            f"could not write {path}: {error.strerror}; give a file in a folder that can be written"
        ) from error
