"""Objects that installed packages offer by entry points: families of forecasts, feature sets."""

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from coin_models.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginGroup:
    """One group of entry points, each a class that is called without arguments."""

    group: str
    kind: str  # what each of them is, in messages: "family of forecasts"
    setting: str  # the setting that names them

    def names(self) -> Sequence[str]:
        """What is installed, sorted."""
        return sorted({point.name for point in entry_points(group=self.group)})

    def load(self, name: str) -> Any:
        """A new object of that name.

        Raises:
            UsageError: no installed package offers it, or what it offers cannot be loaded.
        """
        point = self._point(name)
        try:
            return point.load()()
        except Exception as error:
            raise UsageError(
                f"the {self.kind} {name!r} cannot be loaded from {point.value}: {type(error).__name__}: {error}"
            ) from error

    def _point(self, name: str) -> EntryPoint:
        for point in entry_points(group=self.group, name=name):
            return point
        raise UsageError(
            f"{self.setting} names the {self.kind} {name!r}, which no installed package offers; "
            f"there are {', '.join(self.names()) or 'none'} (entry points of {self.group}); "
            "after an upgrade `make venv` or pip installs those of the product"
        )


def source_of(offered: object) -> Path:
    """The module that defines the object's class."""
    return Path(inspect.getfile(type(offered)))
