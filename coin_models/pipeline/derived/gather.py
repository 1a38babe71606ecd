"""Reads the facts about a range of days: a few queries for all coins and days together."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeVar

from sqlalchemy import Connection, Date, bindparam, select

from coin_models.db.schema import DECIDED_BY_POLICY, attempts, champion_decisions, model_versions
from coin_models.pipeline.derived.digests import DerivedKind
from coin_models.pipeline.derived.facts import SKILL_DAYS, VERSION_DAYS, WHOLE_DAY, CoinDay, Dated, DerivedFacts
from coin_models.pipeline.derived.inputs import Inputs, WantedFingerprint, read_inputs, rules_of
from coin_models.pipeline.derived.repository import newest_before, newest_day, read_digests
from coin_models.pipeline.services import Services

_FIRST, _LAST = bindparam("first", type_=Date), bindparam("last", type_=Date)
_VERSION, _DECISION, _ATTEMPT = model_versions.c, champion_decisions.c, attempts.c
_VERSIONS = (
    select(_VERSION.coin, _VERSION.day, _VERSION.fingerprint, _VERSION.id, _VERSION.weights_sha256)
    .where(_VERSION.day.between(_FIRST, _LAST))
    .order_by(_VERSION.day, _VERSION.created_at, _VERSION.id)
)
_MANUAL = (
    select(_DECISION.coin, _DECISION.day, _DECISION.id, _DECISION.version_id, _DECISION.decision)
    .where(_DECISION.decided_by != DECIDED_BY_POLICY, _DECISION.day.between(_FIRST, _LAST))
    .order_by(_DECISION.day, _DECISION.id)
)
_ATTEMPTS = (
    select(_ATTEMPT.coin, _ATTEMPT.day, _ATTEMPT.outcome, _ATTEMPT.action, _ATTEMPT.reason, _ATTEMPT.released)
    .where(_ATTEMPT.day.between(_FIRST, _LAST))
    .order_by(_ATTEMPT.id)
)

Trades = dict[str, dict[date, str]]
Version = TypeVar("Version", bound=Sequence[Any])


def gather_facts(
    services: Services, coins: Sequence[str], first: date, last: date, inputs: Inputs | None = None
) -> DerivedFacts:
    """The facts about the days `first` to `last`, and about what they look back on.

    Args:
        services: where everything is.
        coins: whose trades are looked at; patterns and reports look at all coins that traded.
        first, last: the span.
        inputs: digests of candles and wanted fingerprints; None: as they are now.
    """
    rules = rules_of(services.settings)
    back = first - timedelta(days=max(rules.pattern_days, rules.report_days) - 1)
    with services.database.read() as connection:
        trades = read_digests(connection, DerivedKind.TRADES, back, last)
        _add_older(connection, trades, coins, first, back)
        everyone = sorted({*coins, *trades})
        inputs = inputs or read_inputs(services, everyone, first, last)
        return DerivedFacts(
            rules=rules,
            candles=inputs.candles,
            trades=trades,
            patterns=_with_newest(connection, DerivedKind.PATTERNS, first, last),
            reports=read_digests(connection, DerivedKind.REPORT, first, last).get(WHOLE_DAY, {}),
            versions=counted_versions(connection, _versions_from(trades, coins, first), last, inputs.wanted),
            manual=_manual(connection, _manual_from(trades, coins, first), last),
            states=_states(connection, first, last),
        )


def newest_derived_day(services: Services) -> date | None:
    """The newest day of which trades, patterns or a report are stored."""
    with services.database.read() as connection:
        return newest_day(connection)


def counted_versions(connection: Connection, first: date, last: date, wanted: WantedFingerprint) -> Mapping[str, Dated]:
    """Of each coin and day the version that counts, as `id weights`, ascending by day.

    It is the one with the wanted fingerprint where that is published, else the one that was published last.
    """
    by_coin: dict[str, list[tuple[date, str]]] = {}
    versions = connection.execute(_VERSIONS, {"first": first, "last": last})
    for coin, day, _, version_id, weights in pick_counted(versions, wanted):
        by_coin.setdefault(coin, []).append((day, f"{version_id} {weights}"))
    return by_coin


def pick_counted(versions: Iterable[Version], wanted: WantedFingerprint) -> list[Version]:
    """Of each coin-day the version that counts, in the order given.

    Args:
        versions: coin, day, fingerprint and whatever follows; of one coin-day the one published last comes last.
        wanted: the fingerprint that the plan wants of a coin-day.
    """
    picked: dict[CoinDay, Version] = {}
    for version in versions:
        key = (version[0], version[1])
        stored = picked.get(key)
        if stored is None or stored[2] != wanted(*key):
            picked[key] = version
    return list(picked.values())


def _add_older(connection: Connection, trades: Trades, coins: Sequence[str], first: date, back: date) -> None:
    """Adds the newest trading step before the span of the coins that have none in what was read."""
    lacking = [coin for coin in coins if not any(day < first for day in trades.get(coin, ()))]
    for coin, (day, stored) in newest_before(connection, DerivedKind.TRADES, back, lacking).items():
        trades[coin] = {day: stored, **trades.get(coin, {})}


def _with_newest(connection: Connection, kind: DerivedKind, first: date, last: date) -> dict[date, str]:
    in_span = read_digests(connection, kind, first, last).get(WHOLE_DAY, {})
    before = newest_before(connection, kind, first, [WHOLE_DAY])
    return {**dict(before.values()), **in_span}


def _previous(trades: Mapping[str, Mapping[date, str]], coins: Sequence[str], first: date) -> date:
    """The oldest of the coins' newest days before the span; `date.min` where a coin has none."""
    newest = [max((day for day in trades.get(coin, ()) if day < first), default=date.min) for coin in coins]
    return min(newest, default=first)


def _versions_from(trades: Trades, coins: Sequence[str], first: date) -> date:
    """Versions of the days since the coins' last steps, as far back as they may count, and those that a report shows."""
    oldest, shown = first - timedelta(days=VERSION_DAYS - 1), first - timedelta(days=SKILL_DAYS - 1)
    return min(max(_previous(trades, coins, first), oldest), shown)


def _manual_from(trades: Trades, coins: Sequence[str], first: date) -> date:
    return min(_previous(trades, coins, first), first)


def _manual(connection: Connection, first: date, last: date) -> Mapping[str, Dated]:
    by_coin: dict[str, list[tuple[date, str]]] = {}
    for coin, day, number, version_id, decision in connection.execute(_MANUAL, {"first": first, "last": last}):
        by_coin.setdefault(coin, []).append((day, f"{number} {version_id} {decision}"))
    return by_coin


@dataclass(slots=True)
class _Tries:
    """What a report shows of a coin-day's attempts."""

    newest: str = ""  # outcome and reason
    made: str = ""  # the last action that published a version
    is_reused: bool = False
    num_interruptions: int = 0
    num_failures: int = 0  # that count towards quarantine


def _states(connection: Connection, first: date, last: date) -> dict[CoinDay, str]:
    by_coin_day: dict[CoinDay, _Tries] = {}
    rows = connection.execute(_ATTEMPTS, {"first": first, "last": last})
    for coin, day, outcome, action, reason, released in rows:
        tries = by_coin_day.setdefault((coin, day), _Tries())
        tries.newest = f"{outcome} {reason or ''}"
        tries.num_interruptions += outcome == "interrupted"
        tries.num_failures += outcome == "failed" and not released
        if outcome in ("done", "reused") and action:
            tries.made = tries.made if action == "reused" else action
            tries.is_reused = True
    return {key: _shown(tries) for key, tries in by_coin_day.items()}


def _shown(tries: _Tries) -> str:
    """A version that is published is published, whatever was tried afterwards."""
    if tries.is_reused:
        return f"{tries.made or 'reused'} {tries.num_interruptions}"
    return f"{tries.newest} {tries.num_interruptions} {tries.num_failures}"
