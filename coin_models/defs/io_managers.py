"""I/O managers: candles and models as values between assets, kept in the object store.

Belongs here: which stored value an asset's partition is. Not here: stores, formats.

A step stores each day's candles and publishes each day's model before Dagster hears of it (weights, manifest, row, then
the event), so nothing is left to store when the output comes at the end of the step.
"""

from datetime import date

from dagster import InputContext, IOManager, OutputContext

from coin_models.errors import RegistryError
from coin_models.market.candles import Candles
from coin_models.pipeline.worker import Worker
from coin_models.registry.forecast import LoadedModel


class CandlesIOManager(IOManager):
    """`candles/<COIN>`: a day of candles, or a range of days when loaded over a range of partitions."""

    def __init__(self, worker: Worker) -> None:
        self._candles = worker.services.candles

    def handle_output(self, context: OutputContext, obj: None) -> None:
        """Nothing: the step has stored every day."""

    def load_input(self, context: InputContext) -> Candles:
        """Reads the partitions' days."""
        days = sorted(date.fromisoformat(key) for key in context.asset_partition_keys)
        coin = context.asset_key.path[-1]
        return self._candles.read_range([coin], days[0], days[-1])[coin]


class ModelIOManager(IOManager):
    """`model/<COIN>`: a version that the registry holds."""

    def __init__(self, worker: Worker) -> None:
        self._registry = worker.services.registry

    def handle_output(self, context: OutputContext, obj: None) -> None:
        """Nothing: the registry holds every version."""

    def load_input(self, context: InputContext) -> LoadedModel:
        """Loads the newest version of the partition's day, every byte checked.

        Raises:
            RegistryError: none is published.
        """
        coin, day = context.asset_key.path[-1], date.fromisoformat(context.asset_partition_key)
        versions = self._registry.versions(coin, day)
        if not versions:
            raise RegistryError(
                f"no model of {coin} for {day} is published; materialize model/{coin} for that day first"
            )
        return self._registry.load(versions[0])
