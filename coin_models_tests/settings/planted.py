"""A secret in every setting that may hold one, by the settings' own lists: a new one is planted without a change here.

Those are the settings of a secret type, and those whose name says that they are URLs, as far as they accept one with credentials.
"""

import contextlib
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from coin_models.errors import SettingsError
from coin_models.settings.load import effective_settings, load_settings, secret_names
from coin_models.settings.renamed import variable_of
from coin_models.settings.root import Settings
from coin_models_tests.settings.environments import environment

SECRET = "hunter2hunter2hunter2hunter2hunter2"
UNREACHABLE = "127.0.0.1:9"  # the port of `discard`: no server listens

_EVERYWHERE = f"me:{SECRET}@{UNREACHABLE}/{SECRET}?key={SECRET}"
_CANDIDATES = (
    f"http://{_EVERYWHERE}",
    f"postgresql://me:{SECRET}@{UNREACHABLE}/name",
    f"redis://:{SECRET}@{UNREACHABLE}/0",
    SECRET,
    f"1:{SECRET}",
)
_APPRISE = (f"json://{_EVERYWHERE}",)
_PLAIN = {
    "COIN_MODELS_SOURCE": "demo",
    "COIN_MODELS_STORE_URL": "s3://bucket",
    "COIN_MODELS_STORE_ENDPOINT_URL": f"http://{UNREACHABLE}",
    "COIN_MODELS_STORE_ACCESS_KEY_ID": "plain",
    "COIN_MODELS_STORE_SECRET_ACCESS_KEY": "plain",
    "COIN_MODELS_DATABASE_URL": "postgresql://host/name",
    "COIN_MODELS_NOTIFY_TELEGRAM_BOT_TOKEN": "1:plain",
    "COIN_MODELS_NOTIFY_TELEGRAM_CHAT_ID": "7",
}
"""Settings that others want beside them."""


def settings_that_may_hold_a_secret() -> list[str]:
    """Dotted names."""
    named = [row.name for row in effective_settings(Settings(source="demo"))]
    return sorted({*secret_names(), *(name for name in named if "url" in name.rpartition(".")[2])})


@cache
def planted() -> Mapping[str, str]:
    """Variable to value with the secret, of each setting that accepts one, and what these want beside them."""
    with_secret = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in settings_that_may_hold_a_secret():
            is_url = "url" in name.rpartition(".")[2]
            candidates = _APPRISE if name.endswith("urls") else _CANDIDATES
            accepted = (value for value in candidates if _accepts(Path(folder), name, value, is_url=is_url))
            value = next(accepted, None)
            if value is not None:
                with_secret[variable_of(name)] = value
    return MappingProxyType({**_PLAIN, **with_secret})


def _accepts(folder: Path, name: str, value: str, *, is_url: bool) -> bool:
    if is_url != ("://" in value):
        return False
    with environment(folder, {**_PLAIN, variable_of(name): value}), contextlib.suppress(SettingsError):
        load_settings()
        return True
    return False
