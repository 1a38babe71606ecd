"""Installs this project with pip and says what pip is at: `make venv` runs it with the environment's own Python.

pip writes a screen per package, or, with --quiet, nothing for minutes. Here it is one line that moves; without a
terminal it is a line every ten seconds. What pip says in full is printed where it fails.
"""

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

_REPOSITORY = Path(__file__).resolve().parent.parent
_CONSTRAINTS = _REPOSITORY / "constraints.txt"
_COLLECTING = re.compile(r"Collecting ([A-Za-z0-9._-]+)")
_SECONDS_BETWEEN_LINES = 10.0


def main() -> int:
    """Installs; returns pip's exit code."""
    command = pip_command()
    pinned = _CONSTRAINTS.read_text(encoding="utf-8").count("==")
    shown = on_one_line if sys.stdout.isatty() else every_ten_seconds(time.monotonic)
    began = time.monotonic()
    with subprocess.Popen(
        command, cwd=_REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as running:
        assert running.stdout is not None  # noqa: S101 -- a pipe, as it was opened above
        output = show(running.stdout, lambda step: shown(f"{step} ({time.monotonic() - began:.0f} s)"), pinned)
    if running.returncode:
        print("\n" + "".join(output))
    else:
        print(f"\rinstalled in {time.monotonic() - began:.0f} s\033[K" if sys.stdout.isatty() else "installed")
    return running.returncode


def pip_command() -> list[str]:
    """An editable installation by a line in a .pth file.

    setuptools' default is a finder that Python asks last: a script beside the clone would import the folder `coin_models`
    of the clone, as a namespace without content, in place of the package in it.
    """
    pip = [sys.executable, "-m", "pip", "install", "--progress-bar", "off", "--disable-pip-version-check"]
    by_path = ["--config-settings", "editable_mode=compat"]
    return [*pip, "--constraint", str(_CONSTRAINTS), *by_path, "--editable", ".[dev]"]


def show(lines: Iterable[str], tell: Callable[[str], object], pinned: int) -> list[str]:
    """Tells the steps that pip's lines mean; returns the lines."""
    output, collected = [], 0
    for line in lines:
        output.append(line)
        match = _COLLECTING.match(line.strip())
        if match:
            collected += 1
            tell(f"downloading package {collected} of about {pinned}: {match[1]}")
        elif line.startswith("Installing collected packages"):
            tell(f"unpacking {line.count(',') + 1} packages")
    return output


def on_one_line(text: str) -> None:
    """Replaces the line before."""
    print(f"\r{text}\033[K", end="", flush=True)


def every_ten_seconds(now: Callable[[], float]) -> Callable[[str], None]:
    """Prints a line at most every ten seconds."""
    last = -_SECONDS_BETWEEN_LINES

    def tell(text: str) -> None:
        nonlocal last
        if now() - last >= _SECONDS_BETWEEN_LINES:
            last = now()
            print(text, flush=True)

    return tell


if __name__ == "__main__":
    raise SystemExit(main())
