"""Facts for the plan: written out or drawn at random."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
from hypothesis import strategies as st

from coin_models.errors import CandlesRejected, SourceUnavailable
from coin_models.market.asking import CandleProblem
from coin_models.market.history import History, unknown_days
from coin_models.market.timeframe import parse_timeframe
from coin_models.pipeline.plan.calendar import parent_day
from coin_models.pipeline.plan.facts import CoinDay, Facts, Hold, HoldKind
from coin_models.pipeline.plan.plan import Plan, make_plan
from coin_models.pipeline.plan.recipe import Recipe
from coin_models.registry.published import PublishedVersions
from coin_models.settings.market import MarketSettings

FIVE = parse_timeframe("5m")
FIRST = date(2026, 1, 1)  # of the candles
DAY = date(2026, 3, 10)
LOOKBACK, WINDOW = 10, 12
RECIPE = Recipe(
    digest=b"r" * 32,
    settings_digest="5" * 64,
    code_version="c" * 64,
    lookback_days=LOOKBACK,
    num_candle_days=WINDOW,
    full_retrain_every_days=7,
    market=MarketSettings(min_history_days=8),
)

WEEK = [DAY - timedelta(days=back) for back in range(6, -1, -1)]
FULL = next(day for day in WEEK if parent_day("BTC", day, 7) is None)  # BTC's full retrain
LATER = FULL + timedelta(days=2)  # starts from it

CANDLE_ERRORS = (CandlesRejected("BTC_USDT.csv has no column close"), SourceUnavailable("the exchange does not answer"))
"""Why candles could not be had: by the coin's own file, by a place."""


def history(num_days: int = 90, *, seed: int = 1, empty: Sequence[date] = (), unstored: Sequence[date] = ()) -> History:
    """A liquid coin from `FIRST` on, its candles named by a seed; some days without candles, some not stored."""
    rows = unknown_days(num_days)
    numbers = np.arange(1, 4 * num_days + 1, dtype=np.uint64).reshape(num_days, 4)
    rows["num_candles"] = rows["num_traded"] = 288
    rows["first_open_ms"], rows["turnover"], rows["volatility"] = 0, 1e9, 0.03
    rows["digest"] = numbers * np.uint64(0x9E3779B97F4A7C15) ^ np.uint64(seed * 0xD1B54A32D192ED03 % 2**64)
    for day in (*empty, *unstored):
        rows[(day - FIRST).days] = unknown_days(1)[0]
    for day in empty:
        rows["num_candles"][(day - FIRST).days] = 0
    return History(timeframe=FIVE, first_day=FIRST, rows=rows)


def corrected(original: History, *days: date) -> History:
    """The same, with other candles on these days."""
    rows = original.rows.copy()
    for day in days:
        rows["digest"][(day - original.first_day).days] += np.uint64(1)
    return History(timeframe=original.timeframe, first_day=original.first_day, rows=rows)


def facts(
    days: Sequence[date] = (DAY,),
    coins: Sequence[str] = ("BTC",),
    *,
    published: Mapping[str, Sequence[tuple[date, str]]] | None = None,
    **changes: object,
) -> Facts:
    """Facts of coins whose candles are all there."""
    given: dict[str, object] = {
        "coins": tuple(coins),
        "days": tuple(days),
        "recipe": RECIPE,
        "histories": {coin: history(seed=number) for number, coin in enumerate(coins, start=1)},
        "published": {coin: PublishedVersions.of(versions) for coin, versions in (published or {}).items()},
    }
    return Facts(**{**given, **changes})  # type: ignore[arg-type]


def carried_out(plan: Plan) -> dict[str, list[tuple[date, str]]]:
    """What is published after everything that the plan trains was trained."""
    by_coin: dict[str, list[tuple[date, str]]] = {}
    for item in plan.to_train():
        assert item.fingerprint is not None
        by_coin.setdefault(item.coin, []).append((item.day, item.fingerprint))
    return by_coin


def with_published(given_facts: Facts, versions: Mapping[str, Sequence[tuple[date, str]]]) -> Facts:
    """The same, with these versions published instead of those that were."""
    return replace(
        given_facts, published={coin: PublishedVersions.of(published) for coin, published in versions.items()}
    )


@st.composite
def states(draw: st.DrawFn) -> Facts:
    """Any state of a small universe: holes in the candles, versions right and wrong, tries of every kind."""
    coins = draw(st.lists(st.sampled_from(("BTC", "ETH", "SOL", "XRP")), min_size=1, max_size=3, unique=True))
    first = FIRST + timedelta(days=draw(st.integers(25, 60)))
    days = [first + timedelta(days=offset) for offset in range(draw(st.integers(1, 10)))]
    around = [first + timedelta(days=offset) for offset in range(-8, len(days))]
    some_days = st.lists(st.sampled_from(around), max_size=3)
    histories = {
        coin: history(seed=draw(st.integers(1, 3)), empty=draw(some_days), unstored=draw(some_days)) for coin in coins
    }
    bare = facts(days, coins, histories=histories)
    wanted = [item for item in make_plan(bare).to_train() if draw(st.booleans())]
    versions: dict[str, list[tuple[date, str]]] = {}
    holds: dict[CoinDay, list[Hold]] = {}
    for item in wanted:
        right = item.fingerprint or ""
        choice = draw(st.sampled_from(("right", "wrong", "both", *HoldKind)))
        if choice in ("right", "both"):
            versions.setdefault(item.coin, []).append((item.day, right))
        if choice in ("wrong", "both"):
            versions.setdefault(item.coin, []).append((item.day, "ab" * 32))
        if choice in tuple(HoldKind):
            tried = draw(st.sampled_from((right, "cd" * 32, None)))
            holds[item.key] = [Hold(kind=HoldKind(choice), reason="tried before", fingerprint=tried)]
    again = draw(st.one_of(st.none(), st.sampled_from(days)))
    problems = draw(st.dictionaries(st.sampled_from(coins), st.sampled_from(CANDLE_ERRORS)))
    return facts(
        days,
        coins,
        histories=histories,
        published=versions,
        holds=holds,
        problems={
            coin: CandleProblem(coin=coin, error=error, history=histories[coin]) for coin, error in problems.items()
        },
        again_from=again,
    )
