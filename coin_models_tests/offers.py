"""An installed package that offers families of forecasts or feature sets by entry points."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from coin_models.features import feature_sets
from coin_models.models import family as families
from coin_models.plugins import PluginGroup
from coin_models.registry import fingerprint

NAME = "module_of_plugins"


@contextmanager
def offered(folder: Path, module: str, group: PluginGroup = families.GROUP, **classes: str) -> Iterator[Path]:
    """A package of one module, `NAME`, while the block runs; `classes` maps names of the group to its classes."""
    metadata = folder / f"{NAME}-1.0.dist-info"
    metadata.mkdir(exist_ok=True)
    (metadata / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: module-of-plugins\nVersion: 1.0\n", encoding="utf-8"
    )
    points = [f"{name} = {NAME}:{of}" for name, of in classes.items()]
    (metadata / "entry_points.txt").write_text("\n".join([f"[{group.group}]", *points, ""]), encoding="utf-8")
    file = folder / f"{NAME}.py"
    file.write_text(module, encoding="utf-8")
    sys.path.insert(0, str(folder))
    _forget()
    try:
        yield file
    finally:
        sys.path.remove(str(folder))
        sys.modules.pop(NAME, None)
        _forget()


def _forget() -> None:
    families.family.cache_clear()
    feature_sets.feature_set.cache_clear()
    fingerprint.training_code_version.cache_clear()
    fingerprint.plugin_digest.cache_clear()
