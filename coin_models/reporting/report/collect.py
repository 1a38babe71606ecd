"""Reads a day's rows and makes the report's value from them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import Connection, case, select

from coin_models.clock import Clock
from coin_models.db.engine import Database
from coin_models.db.schema import DECIDED_BY_POLICY, attempts, champion_decisions, model_versions
from coin_models.db.trading_schema import FORECASTER_ROLES, pattern_matches, patterns, shadow_days, shadow_trades
from coin_models.reporting.report import out_of_sample
from coin_models.reporting.report.daily_report import (
    CoinLine,
    CostForecast,
    DailyReport,
    DataProblem,
    DayCosts,
    DecisionLine,
    EquityPoint,
    KeyFigure,
    PatternLine,
    TradeLine,
)
from coin_models.reporting.report.numbers import signed
from coin_models.reporting.report.out_of_sample import DailyMean

HISTORY_DAYS: Final = 30
_SKILL_DAYS: Final = 14

Rows = Sequence[Any]  # rows of SQLAlchemy, whose columns no type checker sees


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What the report shows and no row of these tables says."""

    problems: tuple[DataProblem, ...] = ()
    quarantined: Mapping[str, str] = field(default_factory=dict)  # coin -> reason
    billed_usd: float | None = None
    on_demand_usd: float | None = None
    saved_usd: float | None = None
    figures: tuple[KeyFigure, ...] = ()
    rent: CostForecast | None = None
    market: str = ""


def collect_report(
    database: Database, day: date, coins: Sequence[str], clock: Clock, outside: Outside | None = None
) -> DailyReport:
    """The report of a day, from what the database holds now.

    Args:
        coins: the universe; coins that only rows know of are added behind.
        outside: what only the caller knows.
    """
    facts = outside or Outside()
    with database.read() as connection:
        rows = _read(connection, day)
    skill = out_of_sample.all_coins(rows.skills, day, HISTORY_DAYS)
    order = list(dict.fromkeys([*coins, *sorted({row.coin for row in (*rows.attempts, *rows.versions_of(day))})]))
    return DailyReport(
        day=day,
        generated_at=clock.now(),
        coins=tuple(_coin_line(coin, day, rows, facts.quarantined) for coin in order),
        skill_over_reference=skill,
        decisions=tuple(_decision_line(row) for row in {row.coin: row for row in rows.decisions}.values()),
        trades=tuple(_trade_line(row) for row in rows.trades),
        equity=tuple(_equity(rows.shadow_days)),
        equity_base_usd=sum(
            row.equity_usd for row in rows.shadow_days if row.day == day and row.role in FORECASTER_ROLES
        ),
        patterns=tuple(_pattern_line(row) for row in rows.patterns),
        num_patterns=rows.num_patterns,
        problems=facts.problems,
        costs=_costs(rows.attempts, facts),
        figures=(*_skill_figures(skill), *facts.figures),
        rent=facts.rent,
        market=facts.market,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    """What was read in one transaction, so that the sections agree with each other."""

    attempts: Rows  # of the day, oldest first
    versions: Rows  # of the last days, oldest first
    decisions: Rows  # of the day, the one that counts last
    shadow_days: Rows  # of the last days, oldest first
    trades: Rows  # of the day, of what forecasts the coins
    patterns: Rows  # active at the end of the day
    num_patterns: int
    statistics: Mapping[str, Mapping[str, Any]]  # of the same, by coin
    skills: out_of_sample.CoinSkills  # of the last days

    def versions_of(self, day: date) -> Rows:
        return [row for row in self.versions if row.day == day]


def _read(connection: Connection, day: date) -> _Rows:
    since = day - timedelta(days=HISTORY_DAYS - 1)
    a, v, d, s, t = (table.c for table in (attempts, model_versions, champion_decisions, shadow_days, shadow_trades))
    return _Rows(
        skills=out_of_sample.read_skills(connection, since, day),
        attempts=connection.execute(select(attempts).where(a.day == day).order_by(a.id)).all(),
        versions=connection.execute(
            select(v.id, v.coin, v.day, v.skill, v.resumed)
            .where(v.day > day - timedelta(days=_SKILL_DAYS), v.day <= day)
            .order_by(v.day, v.created_at)
        ).all(),
        decisions=connection.execute(
            select(champion_decisions)
            .where(d.day == day)
            .order_by(case((d.decided_by == DECIDED_BY_POLICY, 0), else_=1), d.id)
        ).all(),
        shadow_days=connection.execute(
            select(s.coin, s.day, s.role, s.version_id, s.num_trades, s.equity_usd, s.pnl_usd, s.coverage)
            .add_columns(s.pinball_loss, s.pinball_loss_unconditional)
            .where(s.day.between(since, day))
            .order_by(s.day, s.coin, s.role)
        ).all(),
        trades=connection.execute(
            select(shadow_trades).where(t.day == day, t.role.in_(FORECASTER_ROLES)).order_by(t.entered_at, t.coin)
        ).all(),
        patterns=connection.execute(_active_patterns(day)).all(),
        num_patterns=len(connection.execute(select(patterns.c.id).where(patterns.c.day == day)).all()),
        statistics={
            row.coin: row.statistics
            for row in connection.execute(
                select(s.coin, s.statistics).where(s.day == day, s.role.in_(FORECASTER_ROLES))
            )
        },
    )


def _active_patterns(day: date) -> Any:
    m, p = pattern_matches.c, patterns.c
    return (
        select(m.coin, m.pattern_id, m.correlation, p.shape, p.outcome, p.q_value, p.first_seen, p.last_seen)
        .add_columns(p.num_matches, p.num_trades, p.trades_pnl_usd)
        .join_from(pattern_matches, patterns, (m.day == p.day) & (m.pattern_id == p.id))
        .where(m.day == day, m.active)
        .order_by(p.q_value.is_(None), p.q_value, m.coin, m.rank)
    )


def _coin_line(coin: str, day: date, rows: _Rows, quarantined: Mapping[str, str]) -> CoinLine:
    tries = [row for row in rows.attempts if row.coin == coin]
    versions = [row for row in rows.versions if row.coin == coin]
    version = next((row for row in reversed(versions) if row.day == day), None)
    state, reason = _state(tries, version, quarantined.get(coin))
    days = {row.role: row for row in rows.shadow_days if row.coin == coin and row.day == day}
    forecaster = next((days[role] for role in FORECASTER_ROLES if role in days), None)
    challenger = days.get("challenger")
    statistics = rows.statistics.get(coin, {})
    drift = statistics.get("input_drift")
    return CoinLine(
        coin=coin,
        state=state,
        reason=reason,
        num_interruptions=sum(row.outcome == "interrupted" for row in tries),
        version_id=version.id if version is not None else None,
        validation_skill=version.skill if version is not None else None,
        validation_history=tuple({row.day: (row.day, row.skill) for row in versions if row.skill is not None}.values()),
        champion_id=days["champion"].version_id if "champion" in days else None,
        forecaster=forecaster.role if forecaster is not None else None,
        forecaster_id=forecaster.version_id if forecaster is not None else None,
        pnl_usd=forecaster.pnl_usd if forecaster is not None else None,
        challenger_pnl_usd=challenger.pnl_usd if challenger is not None else None,
        num_trades=forecaster.num_trades if forecaster is not None else 0,
        out_of_sample_skill=_out_of_sample_skill(forecaster),
        skill_over_reference=out_of_sample.over_reference(rows.skills.get(coin, {}).values()),
        skill_over_unconditional=out_of_sample.over_unconditional(rows.skills.get(coin, {}).values()),
        coverage=forecaster.coverage if forecaster is not None else None,
        input_drift=drift["index"] if drift else None,
        input_drift_feature=drift["feature"] if drift else None,
        nominal_coverage=statistics.get("score", {}).get("nominal_coverage"),
    )


def _state(tries: Rows, version: Any | None, quarantine: str | None) -> tuple[str, str | None]:
    """The state of a coin: the newest attempt's, except that a published version counts as published."""
    if quarantine is not None and version is None:
        return "quarantined", quarantine
    newest = tries[-1] if tries else None
    if version is not None:
        did = [row.action for row in tries if row.outcome in ("done", "reused") and row.action]
        made = [action for action in did if action != "reused"]
        return (made or did or ["trained"])[-1], None
    if newest is None:
        return "missing", "no attempt has been made"
    return newest.outcome, newest.reason


def _out_of_sample_skill(row: Any | None) -> float | None:
    if row is None or row.pinball_loss is None or not row.pinball_loss_unconditional:
        return None
    return float(1 - row.pinball_loss / row.pinball_loss_unconditional)


def _skill_figures(skill: DailyMean | None) -> Iterable[KeyFigure]:
    if skill is not None:
        has_interval = skill.low is not None and skill.high is not None
        ends = f"{signed(skill.low, 4)} to {signed(skill.high, 4)}".replace(" ", "\N{NO-BREAK SPACE}")
        yield KeyFigure(
            name="skill_over_reference",
            label=f"Skill over the reference, {skill.num_days} day{'' if skill.num_days == 1 else 's'}",
            value=signed(skill.mean, 4),
            interval=f"{out_of_sample.LEVEL:.0%} confidence: {ends}"
            if has_interval
            else "too few days for an interval",
            explanation="of the published models on days that they never saw, all coins; above 0 they are better",
            number=skill.mean,
            low=skill.low,
            high=skill.high,
        )


def _decision_line(row: Any) -> DecisionLine:
    return DecisionLine(
        coin=row.coin,
        decision=row.decision,
        version_id=row.version_id,
        reason=row.reason,
        decided_by=row.decided_by,
        is_on_trial=row.version_id is None
        and "contests" in row.statistics
        and "broken_version_id" not in row.statistics,
    )


def _trade_line(row: Any) -> TradeLine:
    return TradeLine(
        coin=row.coin,
        side=row.side,
        entered_at=row.entered_at,
        exited_at=row.exited_at,
        entry_price=row.entry_price,
        exit_price=row.exit_price,
        size_usd=row.size_usd,
        costs_usd=row.fees_usd + row.slippage_usd + row.funding_usd,
        pnl_usd=row.pnl_usd,
        exit_reason=row.exit_reason,
        version_id=row.version_id,
        version_resumed=row.version_resumed,
    )


def _equity(rows: Rows) -> Iterable[EquityPoint]:
    by_day: dict[date, dict[str, float]] = defaultdict(dict)
    for row in rows:
        by_day[row.day][row.role] = by_day[row.day].get(row.role, 0.0) + row.pnl_usd
    for day, pnl in sorted(by_day.items()):
        of_forecasters = sum(pnl.get(role, 0.0) for role in FORECASTER_ROLES)
        yield EquityPoint(day=day, champion_usd=of_forecasters, challenger_usd=pnl.get("challenger"))


def _pattern_line(row: Any) -> PatternLine:
    outcome = row.outcome
    return PatternLine(
        coin=row.coin,
        pattern_id=row.pattern_id,
        correlation=row.correlation,
        shape=tuple(row.shape),
        num_matches=row.num_matches,
        mean_return=outcome["mean_return"],
        low_return=outcome["low_return"],
        high_return=outcome["high_return"],
        share_up=outcome["share_up"],
        q_value=row.q_value,
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        num_trades=row.num_trades,
        trades_pnl_usd=row.trades_pnl_usd,
    )


def _costs(tries: Rows, outside: Outside) -> DayCosts:
    return DayCosts(
        billed_usd=outside.billed_usd,
        on_demand_usd=outside.on_demand_usd,
        saved_usd=outside.saved_usd,
        useful_seconds=sum(row.useful_seconds for row in tries),
        redone_seconds=sum(row.redone_seconds for row in tries),
        checkpoint_seconds=sum(row.checkpoint_seconds for row in tries),
        startup_seconds=sum(row.startup_seconds for row in tries),
        num_interruptions=sum(row.outcome == "interrupted" for row in tries),
    )
