"""Renamed settings: the former names still work in the environment and in the file, with one warning each."""

import logging
from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource

from coin_models.settings.timeframes import in_candles

_logger = logging.getLogger(__name__)

PREFIX = "COIN_MODELS_"
TESTS_PREFIX = "COIN_MODELS_TESTS_"
"""Variables that the tests read: no settings, and no reason to refuse one of our commands beside them."""

RENAMED: Mapping[str, str] = {
    "training.cold_every_days": "training.full_retrain_every_days",
    "training.horizon_candles": "training.horizon_minutes",
    "market.max_fill_candles": "market.max_fill_minutes",
    "notify.storm_minutes": "notify.burst_minutes",
    "trading.pattern_length_candles": "trading.pattern_length_minutes",
}
"""Old name to new name, dotted as in the file."""
SHORT_NAMES: Mapping[str, str] = {"exchange": "market.exchange"}
"""Names that stand for others, without a warning: COIN_MODELS_EXCHANGE beside COIN_MODELS_SOURCE and COIN_MODELS_UNIVERSE."""

_ABSENT = object()


def variable_of(name: str) -> str:
    """The environment variable of a dotted name."""
    return PREFIX + name.replace(".", "_").upper()


def old_names(name: str) -> list[str]:
    """The dotted names that a setting had before."""
    return [old for old, new in (*RENAMED.items(), *SHORT_NAMES.items()) if new == name]


class OldNames(PydanticBaseSettingsSource):
    """Another source, whose settings under old names are given under their new ones; a new name wins over its old one."""

    def __init__(
        self,
        source: PydanticBaseSettingsSource,
        settings_cls: type[BaseSettings],
        renamed: Mapping[str, str] = RENAMED,
    ) -> None:
        super().__init__(settings_cls)
        self._source, self._renamed = source, {**renamed, **SHORT_NAMES}

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """As the source behind it."""
        return self._source.get_field_value(field, field_name)

    def __call__(self) -> dict[str, Any]:
        """What the source says, by new names."""
        values = self._source()
        for old, new in self._renamed.items():
            value = _taken(values, old.split("."))
            if value is _ABSENT and isinstance(self._source, EnvSettingsSource):
                value = self._source.env_vars.get(variable_of(old).lower()) or _ABSENT
            if value is not _ABSENT:
                if old not in SHORT_NAMES:
                    _warn_once(old, new)
                _put(values, new.split("."), in_candles(value) if old.endswith("_candles") else value)
        return values


def _taken(content: dict[str, Any], path: list[str]) -> Any:
    """Removes and returns the value at a path."""
    group: Any = content
    for name in path[:-1]:
        group = group.get(name, {}) if isinstance(group, dict) else None
    return group.pop(path[-1], _ABSENT) if isinstance(group, dict) else _ABSENT


def _put(content: dict[str, Any], path: list[str], value: Any) -> None:
    for name in path[:-1]:
        content = content.setdefault(name, {})
    content.setdefault(path[-1], value)


@cache
def _warn_once(old: str, new: str) -> None:
    _logger.warning(
        "the setting %s (%s) is now called %s (%s); the old name still works",
        old,
        variable_of(old),
        new,
        variable_of(new),
    )
