"""Doubles of what Dagster gives a running step, and of the worker: they note what they are told."""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from dagster import AssetCheckKey, AssetKey, AssetSpec

from coin_models.market.asking import CandleProblem
from coin_models.pipeline.phases import PhaseProgress
from coin_models.pipeline.services import Services


@dataclass
class AssetsOfOneCode:
    """The definition of assets that were all made by the same code."""

    code_version: str | None

    @property
    def specs_by_key(self) -> "AssetsOfOneCode":
        return self

    def __getitem__(self, key: AssetKey) -> AssetSpec:
        return AssetSpec(key, code_version=self.code_version)


@dataclass
class NotingContext:
    """A step of these days and assets."""

    days: Sequence[date]
    selected_asset_check_keys: Collection[AssetCheckKey] = ()
    selected_asset_keys: Collection[AssetKey] = ()
    code_version: str | None = None
    events: list[Any] = field(default_factory=list)

    @property
    def partition_keys(self) -> list[str]:
        return [day.isoformat() for day in self.days]

    @property
    def assets_def(self) -> AssetsOfOneCode:
        return AssetsOfOneCode(self.code_version)

    @property
    def log(self) -> logging.Logger:
        return logging.getLogger("step")

    def log_event(self, event: Any) -> None:
        self.events.append(event)


@dataclass
class NotingWorker:
    """A worker as far as steps and records need it: it keeps what failed, and how long days took."""

    services: Services | None = None
    candle_problems: dict[str, CandleProblem] = field(default_factory=dict)
    failures: dict[tuple[str, date], str] = field(default_factory=dict)
    day_seconds: dict[date, float] = field(default_factory=dict)
    phases: list[str] = field(default_factory=list)

    def on_phase(self, progress: PhaseProgress) -> None:
        self.phases.append(str(progress))
