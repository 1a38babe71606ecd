"""An installed package that offers families of forecasts by entry points."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from coin_models.models.family import GROUP, family


@contextmanager
def offered(folder: Path, module: str, **classes: str) -> Iterator[Path]:
    """A package of one module, `module_of_families`, while the block runs; `classes` maps family names to its classes."""
    metadata = folder / "module_of_families-1.0.dist-info"
    metadata.mkdir(exist_ok=True)
    (metadata / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: module-of-families\nVersion: 1.0\n", encoding="utf-8"
    )
    points = [f"{name} = module_of_families:{of}" for name, of in classes.items()]
    (metadata / "entry_points.txt").write_text("\n".join([f"[{GROUP}]", *points, ""]), encoding="utf-8")
    file = folder / "module_of_families.py"
    file.write_text(module, encoding="utf-8")
    sys.path.insert(0, str(folder))
    family.cache_clear()
    try:
        yield file
    finally:
        sys.path.remove(str(folder))
        sys.modules.pop("module_of_families", None)
        family.cache_clear()
