"""The report's summary: what happened, what it cost, and what needs attention, one line for each cause."""

from collections.abc import Iterator
from dataclasses import dataclass

from coin_models.reporting.report.causes import CoinNote, one_line_each
from coin_models.reporting.report.daily_report import DRIFT_ALARM, NUM_TRADES, DailyReport
from coin_models.reporting.report.numbers import cost, duration, percent, signed, usd

_MAX_CAUSES = 12
_READY = ("trained", "resumed", "reused")


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """What a reader sees first."""

    summary: str
    verdict: str | None  # what the days so far say of the trading; None: there was no trade
    attention: tuple[str, ...]  # what needs a look; empty: nothing does


def headline(report: DailyReport) -> Headline:
    """The day's summary and what needs a look."""
    ready = report.coins_in_state(*_READY)
    parts = [f"{len(ready)} of {len(report.coins)} coins have a model for {report.day:%d %B %Y}"]
    skipped = report.coins_in_state("skipped")
    if skipped:
        parts.append(f"{len(skipped)} skipped")
    resumed = report.coins_in_state("resumed")
    if resumed:
        parts.append(f"{len(resumed)} of them across an interruption")
    if report.skill_over_reference is not None:
        parts.append(f"out-of-sample skill over the reference {report.skill_over_reference}")
    skill = report.mean_validation_skill()
    if skill is not None:
        parts.append(f"mean validation skill {signed(skill, 4)}")
    unproven = sum(coin.forecaster == "reference" for coin in report.coins)
    if unproven:
        parts.append(f"{unproven} forecast by the reference, without a champion yet")
    parts.append(_shadow(report))
    if report.costs.billed_usd is not None:
        parts.append(_cost(report))
    return Headline(summary=", ".join(parts) + ".", verdict=_verdict(report), attention=_attention(report))


def _verdict(report: DailyReport) -> str | None:
    """In words what the interval of the return says: few days say little, and a reader should not have to work that out."""
    figure = next((figure for figure in report.figures if figure.name == "total_return"), None)
    if figure is None or figure.number is None:
        return None
    if figure.low is None or figure.high is None:
        return f"{figure.label}: {figure.value} ({figure.interval}, not significant)."
    if figure.low > 0:
        meaning = "shadow trading earns more than its costs (significant)"
    elif figure.high < 0:
        meaning = "shadow trading loses money (significant)"
    else:
        meaning = "shadow trading shows no significant profit or loss"
    return f"{figure.label}: {figure.value} ({figure.interval}): {meaning}."


def _shadow(report: DailyReport) -> str:
    if not any(coin.forecaster_id for coin in report.coins):
        return "nothing traded"
    if not report.trades:
        num_days = len(report.equity) if any(figure.name == NUM_TRADES for figure in report.figures) else 1
        return "no forecast was worth a trade's costs" + (f" in {num_days} days" if num_days > 1 else "")
    share = percent(report.pnl_usd / report.equity_base_usd, 2, sign=True) if report.equity_base_usd else "no equity"
    return f"shadow P&L {usd(report.pnl_usd)} ({share}) in {len(report.trades)} trade{'s' if len(report.trades) > 1 else ''}"


def _attention(report: DailyReport) -> tuple[str, ...]:
    lines = one_line_each(_notes(report))
    more = len(lines) - _MAX_CAUSES
    return (*lines[:_MAX_CAUSES], *([f"and {more} more causes"] if more > 0 else []))


def _notes(report: DailyReport) -> Iterator[CoinNote]:
    states = ["failed", "quarantined", "unavailable", "interrupted", "missing", "running"]
    if not report.coins_in_state(*_READY):
        states.append("skipped")  # a stated rule is no news, but a night without any model is
    for coin in report.coins_in_state(*states):
        yield CoinNote(coin=coin.coin, words=f" {coin.state}: {coin.reason or 'no reason was recorded'}")
    for line in report.decisions_of("rollback"):
        yield CoinNote(coin=line.coin, words=f" rolled back: {line.reason}")
    ruled_out = {coin.coin for coin in report.coins_in_state("skipped")}
    for line in report.decisions_of("none"):
        if line.coin not in ruled_out and not line.is_on_trial:  # a stated rule is no news, nor is an unfinished test
            yield CoinNote(coin=line.coin, words=f": no champion: {line.reason.removeprefix('no champion: ')}")
    for coin in report.coins:
        if coin.validation_skill is not None and coin.validation_skill <= 0:
            skill = f"(validation skill {signed(coin.validation_skill, 4)})"
            yield CoinNote(coin=coin.coin, words=f": no better than unconditional quantiles {skill}")
    for coin in report.drifted(DRIFT_ALARM):
        index = f"({coin.input_drift_feature}: stability index {coin.input_drift:.2f})"
        words = f": the market of the last week differs from the training data {index}"
        yield CoinNote(coin=coin.coin, words=words, cause="drift")
    for problem in report.problems:
        yield CoinNote(coin=problem.coin, words=f" candles: {problem.problem}")


def _cost(report: DailyReport) -> str:
    if report.costs.billed_usd:
        return f"cost {cost(report.costs.billed_usd)}"
    return f"{duration(report.costs.useful_seconds)} of fitting, nothing billed"
