"""A temporary environment: only the given COIN_MODELS_* variables, in an empty folder or one with a
coin_models.toml.
"""

import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from coin_models.errors import SettingsError
from coin_models.settings.load import load_settings


@contextlib.contextmanager
def environment(folder: Path, variables: Mapping[str, str] = {}, toml: str | None = None) -> Iterator[None]:
    """Within it, `load_settings` sees these variables and this file, and nothing else of ours."""
    kept = dict(os.environ)
    file = folder / "coin_models.toml"
    try:
        with contextlib.chdir(folder):
            for name in [name for name in os.environ if name.upper().startswith("COIN_MODELS_")]:
                del os.environ[name]
            os.environ.update(variables)
            if toml is not None:
                file.write_text(toml, encoding="utf-8")
            yield
    finally:
        if toml is not None:
            file.unlink(missing_ok=True)
        os.environ.clear()
        os.environ.update(kept)


def refusal(folder: Path, variables: Mapping[str, str] = {}, toml: str | None = None) -> str:
    """What `load_settings` says of them; fails the test when it says nothing."""
    with environment(folder, variables, toml):
        try:
            load_settings()
        except SettingsError as error:
            return str(error)
    raise AssertionError(f"accepted: {variables} {toml}")
