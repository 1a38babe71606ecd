"""I/O managers: the one way by which a run stores candles and publishes models, and the way to load them from any
asset.

A step calls `handle_output` for each coin-day that it finished (`build_output_context`), and so does the command line
when it tops up candles before it plans. Dagster calls it for an asset of another project that has one of these as its
`io_manager_key`. Both are idempotent, and fenced where the value holds a lease. `load_input` checks every byte.
docs/dagster.md has examples.
"""

from datetime import date

from dagster import ConfigurableIOManager, InputContext, OutputContext, ResourceDependency, build_output_context

from coin_models.defs.assets.keys import CANDLES, asset_key
from coin_models.defs.partitions import partition_key
from coin_models.errors import RegistryError
from coin_models.market.candles import Candles
from coin_models.market.store import CandleStore, CoinDays
from coin_models.pipeline.services import Services
from coin_models.registry.bundle import Bundle
from coin_models.registry.forecast import LoadedModel
from coin_models.registry.registry import Uploaded
from coin_models.registry.versions import Publication

CANDLES_IO, MODEL_IO = "candles_io", "model_io"


class CandlesIOManager(ConfigurableIOManager):
    """`candles/<COIN>`: a day of candles, or a range of days over a range of partitions."""

    services: ResourceDependency[Services]

    def handle_output(self, context: OutputContext, obj: Candles | CoinDays) -> None:
        """Stores days of one coin: what a source answered, or the candles of the context's partitions.

        Raises:
            CandlesRejected: a candle is not of its day or of this timeframe.
        """
        if isinstance(obj, CoinDays):
            self.services.candles.write(obj)
            return
        days = [date.fromisoformat(key) for key in context.asset_partition_keys]
        coin = context.asset_key.path[-1]
        self.services.candles.write_days(coin, {day: obj.slice_days(day, day) for day in days})

    def load_input(self, context: InputContext) -> Candles:
        """Reads the partitions' days.

        Raises:
            ObjectDamaged: bytes are gone, or not those that were stored.
        """
        days = sorted(date.fromisoformat(key) for key in context.asset_partition_keys)
        coin = context.asset_key.path[-1]
        return self.services.candles.read_range([coin], days[0], days[-1])[coin]


def candles_through(io_manager: CandlesIOManager, services: Services, day: date) -> CandleStore:
    """The stored candles, written by the I/O manager alone; `day`: the partition for which they are topped up."""

    def write(days: CoinDays) -> None:  # of the window, back to before the first partition
        context = build_output_context(asset_key=asset_key(CANDLES, days.coin), partition_key=partition_key(day))
        io_manager.handle_output(context, days)

    return services.candles_through(write)


class ModelIOManager(ConfigurableIOManager):
    """`model/<COIN>`: a model version, published by its registry row."""

    services: ResourceDependency[Services]

    def handle_output(self, context: OutputContext, obj: Uploaded | Publication | Bundle) -> None:
        """Publishes one coin-day: its row is committed under its lease, once weights and manifest are in the store.

        Raises:
            LeaseLost: another session holds the coin-day; nothing was committed.
        """
        registry = self.services.registry
        if isinstance(obj, Bundle):
            obj = Publication(bundle=obj)
        registry.commit(obj if isinstance(obj, Uploaded) else registry.upload(obj))

    def load_input(self, context: InputContext) -> LoadedModel:
        """Loads the newest version of the partition's day, every byte checked.

        Raises:
            RegistryError: none is published.
            ModelDamaged: bytes are gone, or not those that were published.
        """
        coin, day = context.asset_key.path[-1], date.fromisoformat(context.asset_partition_key)
        versions = self.services.registry.versions(coin, day)
        if not versions:
            raise RegistryError(
                f"no model of {coin} for {day} is published; materialize model/{coin} for that day first"
            )
        return self.services.registry.load(versions[0])
