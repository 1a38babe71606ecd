"""Gathers the pages of the UI's own site: the index, a day's stored report, a coin. Reads only; asks no source."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

import numpy as np

from coin_models.errors import CoinModelsError, ObjectNotFound, RegistryError, UsageError
from coin_models.home.market import market_of
from coin_models.market.timeframe import datetime_of_ms
from coin_models.market.universe import chosen_coins, coin_name, not_in_universe, resolve_universe
from coin_models.pipeline.backtest import make_backtest
from coin_models.pipeline.daily_report import HTML, read_report
from coin_models.pipeline.forecast_bands import read_band
from coin_models.pipeline.services import Services
from coin_models.pipeline.skill import read_leaderboard
from coin_models.registry.champions import ChampionLog
from coin_models.registry.models_in_use import ModelsInUse
from coin_models.reporting.backtest.result import Backtest
from coin_models.reporting.report.coin_page import CoinPage, DecisionRow, ForecastFan
from coin_models.reporting.report.daily_report import EquityPoint
from coin_models.reporting.report.index_page import IndexPage
from coin_models.reporting.report.out_of_sample import read_skills
from coin_models.storage import keys
from coin_models.trading.repository import ShadowRepository
from coin_models.trading.trades import Role

HISTORY_DAYS: Final = 182
"""Days of a coin's equity and skill; of the leaderboard."""
MAX_BACKTEST_COIN_DAYS: Final = 4_000
"""Read for a page of the UI: 14 ms of CPU each."""
_HOURS_SHOWN: Final = 6  # before the forecast: an hour of fan beside it can still be read
_DECISIONS_SHOWN: Final = 60


def read_index(services: Services) -> IndexPage:
    """The days that have a report, and the leaderboard."""
    stored = {info.key for info in services.store.list(keys.REPORTS) if info.key.endswith(f"/{HTML}")}
    leaderboard, problem = None, None
    try:
        leaderboard = read_leaderboard(services.database, HISTORY_DAYS)
    except RegistryError as error:
        problem = str(error)
    return IndexPage(
        market=market_of(services.settings).name,
        days=sorted(map(keys.report_day_of, stored), reverse=True),
        leaderboard=leaderboard,
        no_leaderboard=problem,
        coins=resolve_universe(services.settings),
    )


def read_day(services: Services, day: date) -> str:
    """The stored page of a day.

    Raises:
        ObjectNotFound: there is none.
    """
    return services.store.get(read_report(services, day).html_key).decode()


def read_backtest(
    services: Services, first: date, last: date, coins: Sequence[str] = (), num_trials: int | None = None
) -> Backtest:
    """The backtest of these days, as they are stored; what is not trained or traded is left out.

    Raises:
        UsageError: a coin is not in the universe; the first day is after the last; it is too much for a page.
        RegistryError: no forecasts of these days are recorded.
    """
    chosen = chosen_coins(coins, resolve_universe(services.settings))
    num_days = (last - first).days + 1
    if num_days < 1:
        raise UsageError(f"the first day {first} is after the last one {last}; swap them")
    if num_days * len(chosen) > MAX_BACKTEST_COIN_DAYS:
        raise UsageError(
            f"{num_days * len(chosen):,} coin-days are more than the {MAX_BACKTEST_COIN_DAYS:,} that are read for a page; "
            f"`coin-models backtest --from {first} --to {last} -o backtest.html` writes it to a file"
        )
    return make_backtest(services, chosen, first, last, num_trials)


def read_coin(services: Services, coin: str) -> CoinPage:
    """What is known of a coin, in any spelling.

    Raises:
        UsageError: it is not in the universe, and nothing of it is published.
    """
    name, universe = coin_name(coin), resolve_universe(services.settings)
    if name not in universe and name not in services.registry.newest([name]):
        raise UsageError(not_in_universe(name[:20], universe))
    last = services.clock.now().date()
    first = last - timedelta(days=HISTORY_DAYS)
    with services.database.read() as connection:
        skills = read_skills(connection, first, last, [name]).get(name, {})
    try:
        fan, problem = _read_fan(services, name), None
    except CoinModelsError as error:
        fan, problem = None, str(error)
    decisions = ChampionLog(services.database).decisions(name)
    return CoinPage(
        coin=name,
        market=market_of(services.settings).name,
        fan=fan,
        no_forecast=problem,
        band=read_band(services, name),
        equity=_read_equity(services, name, first, last),
        skills=skills,
        decisions=tuple(
            DecisionRow(day=one.day, decision=str(one.decision), reason=one.reason, decided_by=one.decided_by)
            for one in decisions[:_DECISIONS_SHOWN]
        ),
    )


def _read_fan(services: Services, coin: str) -> ForecastFan:
    """The forecast from the stored candles: a page that is opened asks no exchange."""
    in_use = ModelsInUse(ChampionLog(services.database), services.registry).one(coin)
    history = services.candles.histories([coin])[coin]
    stored = np.flatnonzero(history.num_candles > 0)
    if not len(stored):
        raise ObjectNotFound(f"no candle of {coin} is stored")
    newest = history.day(int(stored[-1]))
    num_days = -(-in_use.model.num_candles_needed // services.timeframe.candles_per_day) + 1
    candles = services.candles.read(coin, history, newest - timedelta(days=num_days), newest)
    forecast = in_use.model.predict(candles)
    length = services.timeframe.seconds * 1000
    shown = max(2, _HOURS_SHOWN * 3600 // services.timeframe.seconds)
    closes = zip(candles.open_time_ms[-shown:].tolist(), candles.close[-shown:].tolist(), strict=True)
    return ForecastFan(
        closes=tuple((datetime_of_ms(opened + length), price) for opened, price in closes),
        valid_until=forecast.valid_until,
        prices=forecast.prices,
        forecaster=forecast.forecaster,
        version_id=forecast.version_id,
    )


def _read_equity(services: Services, coin: str, first: date, last: date) -> tuple[EquityPoint, ...]:
    shadow = ShadowRepository(services.database, services.clock)
    usd = {record.day: sum(record.trade_pnls_usd) for record in shadow.records(first, last, coin=coin)}
    challenger: dict[date, float] = defaultdict(float)
    for record in shadow.records(first, last, roles=(Role.CHALLENGER.value,), coin=coin):
        challenger[record.day] += sum(record.trade_pnls_usd)
    return tuple(
        EquityPoint(day=day, champion_usd=usd.get(day, 0.0), challenger_usd=challenger.get(day))
        for day in sorted({*usd, *challenger})
    )
