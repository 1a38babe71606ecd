"""Feature sets of installed packages: columns of one's own, tested for a look ahead."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from coin_models.errors import UsageError
from coin_models.features.feature_sets import GROUP, NO_FEATURES, OwnFeatures, own_tables
from coin_models.features.table import build_features, check_causal
from coin_models.settings.market import MarketSettings
from coin_models_tests.features.strategies import random_candles
from coin_models_tests.offers import offered

MARKET = MarketSettings()
CANDLES = random_candles(1, 1200)
MODULE = """
import numpy as np
from coin_models import OwnTable


class Base:
    names = ("a",)
    distributions = ()


class Momentum(Base):
    names = ("one", "two")

    def columns(self, inputs):
        change = np.diff(np.log(inputs.grid.close), prepend=np.log(inputs.grid.close[0]))
        change[0] = np.nan
        return np.stack([change, np.full(len(change), float(len(inputs.coin)))], axis=1)


class Mean(Base):
    def columns(self, inputs):
        return (inputs.grid.close / inputs.grid.close.mean())[:, None]


class Next(Base):
    def columns(self, inputs):
        return np.append(np.diff(inputs.grid.close), 0.0)[:, None]


class Rates(Base):
    def table(self, coin):
        times = 1_704_067_200_000 + np.arange(100, dtype=np.int64) * 3_600_000
        return OwnTable(known_at_ms=times, values=np.arange(100.0)[:, None])

    def columns(self, inputs):
        return inputs.as_of()[:, None]


class RateToCome(Rates):
    def columns(self, inputs):
        rows = np.searchsorted(inputs.table.known_at_ms, inputs.close_time_ms)
        return inputs.table.values[np.minimum(rows, len(inputs.table.values) - 1)]


class Failing(Base):
    def columns(self, inputs):
        return 1 / 0


class Flat(Base):
    def columns(self, inputs):
        return inputs.grid.close


class Infinite(Base):
    def columns(self, inputs):
        return np.full((len(inputs.grid.close), 1), np.inf)


class NoTable(Base):
    def table(self, coin):
        return {"a": 1}

    columns = Mean.columns
"""
CLASSES = {
    "momentum": "Momentum", "mean": "Mean", "next": "Next", "rates": "Rates", "to-come": "RateToCome",
    "failing": "Failing", "flat": "Flat", "infinite": "Infinite", "no-table": "NoTable",
}  # fmt: skip


@pytest.fixture(autouse=True)
def package(tmp_path: Path) -> Iterator[None]:
    with offered(tmp_path, MODULE, GROUP, **CLASSES):
        yield


def own(*sets: str) -> OwnFeatures:
    return OwnFeatures(coin="BTC", sets=sets)


def test_columns_come_after_the_products_and_unknown_values_are_zero() -> None:
    plain, table = build_features(CANDLES, MARKET), build_features(CANDLES, MARKET, own("rates", "momentum"))

    assert table.own_names == ("rates.a", "momentum.one", "momentum.two")
    np.testing.assert_array_equal(table.x[:, :-3], plain.x)
    # The first candle closes at 00:05; the rate of 00:00 is known then, that of 01:00 when the candle of 00:55 closes.
    assert list(table.x[[0, 10, 11], -3]) == [0.0, 0.0, 1.0]
    assert table.x[0, -2] == 0.0
    assert set(table.x[:, -1]) == {3.0}


def test_a_table_gives_the_columns_that_a_version_reads() -> None:
    table = build_features(CANDLES, MARKET, own("rates", "momentum"))

    only = table.with_own(("momentum.one", "momentum.two"))

    np.testing.assert_array_equal(only.x, build_features(CANDLES, MARKET, own("momentum")).x)
    np.testing.assert_array_equal(table.with_own(()).x, build_features(CANDLES, MARKET, NO_FEATURES).x)
    assert table.with_own(table.own_names) is table
    with pytest.raises(ValueError, match=r"no columns other\.x"):
        table.with_own(("other.x",))


@pytest.mark.parametrize("name", ["momentum", "rates"])
def test_causal_columns_pass(name: str) -> None:
    table = build_features(CANDLES, MARKET, own(name))

    for seed in range(20):
        check_causal(table, CANDLES, MARKET, own(name), seed)


@pytest.mark.parametrize("name", ["mean", "next", "to-come"])
def test_columns_that_look_ahead_are_refused(name: str) -> None:
    table = build_features(CANDLES, MARKET, own(name))

    for seed in range(20):
        with pytest.raises(UsageError, match=rf"'{name}' looks ahead: its column 'a' of BTC at 2024-01-0\d"):
            check_causal(table, CANDLES, MARKET, own(name), seed)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("failing", "'failing' failed on BTC: ZeroDivisionError: division by zero"),
        ("flat", r"'flat' gave values \(1200,\) for BTC, not \(T, K\) = \(1200, 1\)"),
        ("infinite", "'infinite' gave an infinite value for BTC; NaN says"),
        ("no-table", "table of the feature set 'no-table' for BTC is a dict, not an OwnTable"),
        (
            "nope",
            "training.features names the feature set 'nope', which no installed package offers; there are failing, ",
        ),
    ],
)
def test_a_set_that_does_not_work_is_refused_with_the_reason(name: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        build_features(CANDLES, MARKET, own(name))


def test_only_sets_with_a_table_have_one() -> None:
    assert own_tables(("momentum", "rates"), "BTC").keys() == {"rates"}
