"""Makes the backtest of days that were retrained and traded: from recorded forecasts and shadow days, nothing is forecast again.

The days themselves are made by `run_days`, as any other: a backtest is what the same nights would have left.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

import numpy as np
from sqlalchemy import func, select

from coin_models.db.schema import model_versions
from coin_models.db.trading_schema import FORECASTER_ROLES, shadow_days
from coin_models.errors import RegistryError
from coin_models.home.market import market_of
from coin_models.pipeline.forecast_bands import band_of
from coin_models.pipeline.services import Services
from coin_models.registry.champions import ChampionLog
from coin_models.reporting.backtest.result import Backtest, Book, BookDay
from coin_models.reporting.leaderboard import ALL, QUARTILES, make_leaderboard, skill_line
from coin_models.reporting.report.band import ForecastBand
from coin_models.reporting.report.out_of_sample import LEVEL, DaySkill, daily_mean
from coin_models.trading.history.deflation import deflated_sharpe
from coin_models.trading.history.frames import read_frames
from coin_models.trading.history.frames import select as select_forecasts
from coin_models.trading.history.scores import day_scores
from coin_models.trading.performance import max_drawdown, sharpe_ratio
from coin_models.trading.trades import Role

POLICY_BOOK: Final = "forecast trades"
VOLATILITY_BOOK: Final = "volatility book"

Skills = dict[str, dict[date, DaySkill]]


def make_backtest(
    services: Services, coins: Sequence[str], first: date, last: date, num_trials: int | None = None
) -> Backtest:
    """The backtest of these coins on the days `first` to `last`, as they are stored.

    Args:
        services: of the home.
        coins: those without a recorded forecast are left out.
        first, last: trading days.
        num_trials: settings that were tried; None: those of which the home has published versions.

    Raises:
        RegistryError: no forecasts of these days are recorded.
    """
    trials = num_trials or tried_settings(services, coins)
    level = 1 - (1 - LEVEL) / trials  # Bonferroni: over all trials together one interval in ten errs
    models, forecaster, num_forecasts, band = _skills(services, coins, first, last)
    pairs = [pair for days in forecaster.values() for pair in days.items()]
    books = tuple(_books(services, sorted(forecaster), first, last, trials, level))
    log = ChampionLog(services.database)
    champions = {coin: version.id if (version := log.champion(coin, last)) else None for coin in sorted(models)}
    return Backtest(
        market=market_of(services.settings).name,
        first=first,
        last=last,
        coins=sorted(forecaster),
        num_days=len({day for day, _ in pairs}),
        num_coin_days=len(pairs),
        num_forecasts=num_forecasts,
        num_trials=trials,
        models=make_leaderboard(models, first, last, champions, parts=QUARTILES, level=level),
        forecaster=skill_line(ALL, pairs, level=level),
        books=books,
        band=band,
    )


def tried_settings(services: Services, coins: Sequence[str]) -> int:
    """How many different settings the home has published versions of these coins with; at least 1."""
    query = select(func.count(model_versions.c.settings_digest.distinct())).where(model_versions.c.coin.in_(coins))
    with services.database.read() as connection:
        return max(int(connection.execute(query).scalar_one()), 1)


def _skills(
    services: Services, coins: Sequence[str], first: date, last: date
) -> tuple[Skills, Skills, int, ForecastBand | None]:
    """By coin and day the skill of the models and of what forecast the coin, how many forecasts of the latter count, and the
    band of the first coin.
    """
    days = services.forecasts.days(coins, first, last)
    recorded = sorted({one.coin for one in days if one.key is not None})
    if not recorded:
        raise RegistryError(
            f"nothing forecast these coins from {first} to {last}: the first day that is forecast is the one after a coin's "
            "first model"
        )
    selection = select_forecasts(services.forecasts, recorded, first, last, challengers=True)
    validation = {version.id: version.skill for version in services.registry.between(recorded, date.min, last)}
    models: Skills = {}
    forecaster: Skills = {}
    num_forecasts, band = 0, None
    for frame in read_frames(services.forecasts, selection):
        band = band or band_of(frame)
        for row in day_scores(frame).reset_index().to_dict("records"):
            coin, when, role = str(row["coin"]), row["day"].date(), str(row["role"])
            skill = _skill_of(row, validation.get(row["version_id"]))
            if role in FORECASTER_ROLES:
                forecaster.setdefault(coin, {})[when] = skill
                num_forecasts += int(row["num_scored"])
            if role != Role.REFERENCE.value and (role == Role.CHAMPION.value or when not in models.get(coin, {})):
                models.setdefault(coin, {})[when] = skill
    return models, forecaster, num_forecasts, band


def _skill_of(row: Mapping[Any, Any], validation: float | None) -> DaySkill:
    reference = float(row["loss_reference"])
    return DaySkill(
        over_unconditional=1 - float(row["loss"] / row["loss_unconditional"]),
        over_reference=1 - float(row["loss"]) / reference if reference > 0 else None,
        validation=validation,
        coverage=float(row["coverage"]),
        nominal_coverage=round(float(row["nominal_coverage"]), 6),
        exposure=1 / float(row["scale"]),
    )


def _books(
    services: Services, coins: Sequence[str], first: date, last: date, trials: int, level: float
) -> Iterator[Book]:
    row = shadow_days.c
    query = (
        select(shadow_days)
        .where(row.day.between(first, last), row.role.in_(FORECASTER_ROLES), row.coin.in_(coins))
        .order_by(row.day, row.coin)
    )
    by_day: dict[date, list[Any]] = defaultdict(list)
    with services.database.read() as connection:
        for item in connection.execute(query):
            by_day[item.day].append(item)
    for name, of_day in ((POLICY_BOOK, _policy_day), (VOLATILITY_BOOK, _volatility_day)):
        days = [made for day, items in by_day.items() if (made := of_day(day, items)) is not None]
        if days:
            yield _book(name, days, trials, level)


def _policy_day(day: date, items: Sequence[Any]) -> BookDay:
    """All coins together: sums over the sum of their equities."""
    equity = sum(item.equity_usd for item in items)
    cost = sum(item.fees_usd + item.slippage_usd + item.funding_usd for item in items) / equity
    net = sum(item.pnl_usd for item in items) / equity
    return BookDay(
        day=day, gross_return=net + cost, cost=cost, turnover=sum(item.turnover_usd for item in items) / equity
    )


def _volatility_day(day: date, items: Sequence[Any]) -> BookDay | None:
    """The mean over the coins that have a book on the day."""
    books = [book for item in items if (book := item.statistics.get("volatility_book")) is not None]
    if not books:
        return None
    mean = {name: sum(book[name] for book in books) / len(books) for name in ("gross_return", "cost", "turnover")}
    return BookDay(day=day, **mean)


def _book(name: str, days: Sequence[BookDay], trials: int, level: float) -> Book:
    returns = np.array([day.net_return for day in days])
    daily = daily_mean(returns.tolist(), level)
    assert daily is not None  # noqa: S101 - there are days
    sharpe = float(sharpe_ratio(returns[None])[0])
    return Book(
        name=name,
        days=tuple(days),
        daily_return=daily,
        max_drawdown=max_drawdown(returns),
        sharpe=sharpe if np.isfinite(sharpe) else None,
        deflated_sharpe=deflated_sharpe(returns, trials),
    )
