"""The documentation site: the names of its hook, and a build of it."""

import os
import runpy
import subprocess
import sys
from pathlib import Path

from coin_models_tests.docs.reference import REPOSITORY

SITE = runpy.run_path(str(REPOSITORY / "deploy/site.py"))


def build_site(folder: Path) -> "subprocess.CompletedProcess[str]":
    """A strict build into a folder."""
    return subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--site-dir", str(folder)],
        cwd=REPOSITORY,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
