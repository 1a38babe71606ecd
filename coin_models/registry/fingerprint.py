"""The fingerprint of a model version: a digest of everything that decides its weights."""

import hashlib
import json
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from coin_models.errors import UsageError
from coin_models.features import feature_sets
from coin_models.features.feature_sets import FeatureSet
from coin_models.models import family as families
from coin_models.models.family import Family
from coin_models.plugins import PluginGroup, source_of
from coin_models.registry.deciding_code import deciding_files
from coin_models.registry.source_tokens import significant_tokens

_PACKAGE = Path(__file__).parents[1]
_PLUGINS: Final[Mapping[str, tuple[PluginGroup, Callable[[str], Family | FeatureSet]]]] = {
    "family": (families.GROUP, families.family),
    "features": (feature_sets.GROUP, feature_sets.feature_set),
}

_PARTS: Final[Mapping[str, tuple[str, ...]]] = {"horizons": ("models/horizons.py", "training/horizons.py")}
"""Modules of the product that decide weights only where a setting names what they do."""


def fingerprint(**parts: object) -> str:
    """SHA-256, hexadecimal, of the parts as canonical JSON; their order does not matter.

    Parts are None, booleans, numbers, text, dates, settings groups, and mappings and sequences of those.

    Raises:
        TypeError: a part is something else. A digest of its repr would differ from machine to machine.
        ValueError: a number is not finite.
    """
    if not parts:
        raise ValueError("a fingerprint of nothing would be the same for every model")
    canonical = json.dumps(_plain(parts), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def settings_digest(architecture: Mapping[str, Any], training: Mapping[str, Any], max_fill_candles: int) -> str:
    """The digest of the settings and the network that decide a fit, as JSON has them.

    The calendar of full retrains is left out: the parent's own fingerprint says from which weights a fit starts.
    """
    deciding = {name: value for name, value in training.items() if name != "full_retrain_every_days"}
    return fingerprint(architecture=architecture, training=deciding, max_fill_candles=max_fill_candles)


@cache
def training_code_version(plugins: tuple[tuple[str, str], ...] = ()) -> str:
    """SHA-256, hexadecimal, of the code that decides weights, whichever machine and Python it stands on.

    Comments, docstrings and layout do not count, nor does any module that no fit's weights depend on.

    Args:
        plugins: families beside network and reference, feature sets and parts of the product, as `TrainingSettings.plugins`;
            of each its modules count, and the versions of the packages that it rests on.

    Raises:
        UsageError: no installed package offers one of that name, or one that it rests on is not installed.
    """
    own = code_digest(_PACKAGE)
    if not plugins:
        return own
    return fingerprint(own=own, plugins=[[kind, name, plugin_digest(kind, name)] for kind, name in plugins])


def feature_set_digests(names: Sequence[str]) -> dict[str, str]:
    """The digest of the code of each of these feature sets, by name.

    Raises:
        UsageError: one is not installed, or a package that it rests on.
    """
    return {name: plugin_digest("features", name) for name in names}


def code_digest(package: Path) -> str:
    """The digest of the deciding modules of a copy of the package in this folder."""
    digest = hashlib.sha256()
    for path in deciding_files(package):
        tokens = "\0".join(significant_tokens(path.read_text(encoding="utf-8")))
        digest.update(f"{path.relative_to(package).as_posix()}\0{len(tokens)}\0{tokens}".encode())
    return digest.hexdigest()


@cache
def plugin_digest(kind: str, name: str) -> str:
    """The digest of a plugin's modules and of the versions of what it rests on; kind and name as `TrainingSettings.plugins`.

    Raises:
        UsageError: it is not installed, or a package that it rests on.
    """
    if kind == "part":
        sources = [(_PACKAGE / module).read_text(encoding="utf-8") for module in _PARTS[name]]
        return fingerprint(tokens=[significant_tokens(source) for source in sources])
    group, load = _PLUGINS[kind]
    offered = load(name)
    try:
        rests_on = {package: version(package) for package in offered.distributions}
    except PackageNotFoundError as error:
        raise UsageError(
            f"the {group.kind} {name!r} rests on the package {error.name}, which is not installed; `coin_models[train]` "
            "brings those of the product's own"
        ) from error
    tokens = significant_tokens(source_of(offered).read_text(encoding="utf-8"))
    return fingerprint(tokens=tokens, rests_on=rests_on)


def _plain(value: object) -> Any:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{value} cannot be part of a fingerprint: it is not finite")
        return value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, BaseModel):
        return _plain(value.model_dump(mode="json"))
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    raise TypeError(f"a {type(value).__name__} cannot be part of a fingerprint: turn it into text or numbers first")
