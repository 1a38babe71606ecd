"""A home of some years, in rows and objects: what the tests of retention begin with."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import insert, select

from coin_models.clock import Clock
from coin_models.db.schema import champion_decisions, model_versions
from coin_models.db.trading_schema import forecast_days, shadow_days
from coin_models.errors import StoreUnavailable
from coin_models.pipeline.prune.prune import plan_pruning, prune
from coin_models.pipeline.services import Services
from coin_models.registry.decision_copies import copy_decisions
from coin_models.storage import keys
from coin_models.storage.memory import MemoryStore
from coin_models.storage.object_store import sha256_hex
from coin_models.trading.history.index import row_of
from coin_models.trading.history.records import EncodedDay

TODAY = datetime.now(UTC)
"""PostgreSQL's clock cannot be set: every day of these tests is counted back from today."""


def ago(days: int) -> date:
    """The trading day that lies `days` back."""
    return (TODAY - timedelta(days=days)).date()


class WatchedStore(MemoryStore):
    """Notes what is removed, in order, and can be unavailable."""

    is_unavailable = False

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock=clock)
        self.removed: list[str] = []

    def delete(self, key: str) -> None:
        if self.is_unavailable:
            raise StoreUnavailable("no answer")
        self.removed.append(key)
        super().delete(key)


@dataclass(frozen=True, kw_only=True)
class OldHome(Services):
    """A home on whatever database the settings name, whose store the test can look into."""

    @cached_property
    def store(self) -> WatchedStore:
        return WatchedStore(self.clock)

    def publish(self, coin: str, days: int, *, parent: str | None = None, made: int | None = None) -> str:
        """A version of the day that lies `days` back, made the day after; returns its id."""
        day, digest = ago(days), sha256_hex(f"{coin}{days}".encode())
        version = f"{coin}-{day}-{digest[:12]}"
        places = {
            "weights_key": keys.model_weights(coin, day, digest, digest),
            "manifest_key": keys.model_manifest(coin, day, digest, digest),
        }
        for key in places.values():
            self.store.put(key, b"bytes")
        made_at = TODAY - timedelta(days=days - 1 if made is None else made)
        self._add(
            model_versions, id=version, coin=coin, day=day, fingerprint=digest, architecture_digest="a", weights_sha256=digest,
            manifest_sha256=digest, parent_id=parent, metrics={}, code_version="c", created_at=made_at, resumed=False,
            fit_seconds=1.0, num_steps=1, **places,
        )  # fmt: skip
        return version

    def decide(self, coin: str, days: int, version: str | None, decision: str, by: str = "policy") -> None:
        """A champion decision, and its copy in the store."""
        made_at = TODAY - timedelta(days=days - 1)
        self._add(
            champion_decisions, coin=coin, day=ago(days), version_id=version, decision=decision, reason="r", decided_by=by,
            decided_at=made_at, statistics={},
        )  # fmt: skip
        copy_decisions(self.database, self.store, ago(days))

    def trade(self, coin: str, days: int, version: str, role: str = "champion") -> None:
        """A day of shadow trading."""
        numbers = {
            column.name: 0
            for column in shadow_days.columns
            if column.name.startswith(("num_", "pnl", "fees", "slip", "fund"))
        }
        self._add(
            shadow_days, coin=coin, day=ago(days), role=role, version_id=version, equity_usd=0, exposure=0, turnover_usd=0,
            statistics={}, computed_at=TODAY - timedelta(days=days - 1), **numbers,
        )  # fmt: skip

    def forecast(self, coin: str, days: int) -> str:
        """The forecasts of a day; returns the key of their object."""
        data = f"{coin}{days}".encode()
        made = EncodedDay(coin=coin, day=ago(days), data=data, levels=(0.5,), num_forecasts=288)
        recorded = self.forecasts.store(made)
        self._add(forecast_days, **row_of(recorded, TODAY - timedelta(days=days - 1)))
        return str(recorded.key)

    def _add(self, table: Any, **values: Any) -> None:
        with self.database.begin() as connection:
            connection.execute(insert(table).values(**values))

    def versions(self) -> set[str]:
        """Ids of the listed versions."""
        with self.database.read() as connection:
            return set(connection.execute(select(model_versions.c.id)).scalars())

    def objects(self) -> set[str]:
        """Keys of the store."""
        return {info.key for info in self.store.list("")}

    def keys_of(self, versions: set[str]) -> set[str]:
        """Keys of the objects of these versions."""
        columns = model_versions.c
        with self.database.read() as connection:
            rows = connection.execute(select(columns.weights_key, columns.manifest_key).where(columns.id.in_(versions)))
            return {key for row in rows for key in row}

    def prune(self) -> dict[str, int]:
        """Removes what is old; returns the counts that were announced."""
        pruning = plan_pruning(self)
        assert prune(self, pruning)
        return pruning.counts
