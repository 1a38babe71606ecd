"""The words about interval coverage: champions with other quantile levels may be on the same page."""

from collections.abc import Sequence

from coin_models.reporting.report.daily_report import CoinLine
from coin_models.reporting.report.numbers import percent
from coin_models.settings.levels import interval_label


def nominal_coverages(coins: Sequence[CoinLine]) -> tuple[float, ...]:
    """The different shares that the champions' intervals should hold, ascending."""
    shown = {coin.nominal_coverage for coin in coins if coin.coverage is not None}
    return tuple(sorted(nominal for nominal in shown if nominal is not None))


def intervals_of(coins: Sequence[CoinLine]) -> str:
    """The champions' intervals in words: "80% interval", or "80% interval or 90% interval, whichever is theirs"."""
    labels = [interval_label(nominal) for nominal in nominal_coverages(coins)]
    if len(labels) == 1:
        return labels[0]
    return f"{' or '.join(labels)}, whichever is theirs" if labels else "interval"


def coverage_heading(coins: Sequence[CoinLine]) -> str:
    """The heading of a column of coverages."""
    coverages = nominal_coverages(coins)
    return f"Coverage of the {interval_label(coverages[0])}" if len(coverages) == 1 else "Coverage"


def coverage_text(coin: CoinLine, coins: Sequence[CoinLine]) -> str:
    """One coin's coverage; where the coins' intervals differ, with the interval that it is of."""
    share = percent(coin.coverage, 0)
    if coin.coverage is None or coin.nominal_coverage is None or len(nominal_coverages(coins)) < 2:
        return share
    return f"{share} of the {interval_label(coin.nominal_coverage)}"
