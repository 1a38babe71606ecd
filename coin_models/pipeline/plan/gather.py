"""Reads the facts of the plan: a few queries, each for all coins and days at once."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from types import MappingProxyType

from coin_models.features.feature_sets import own_tables
from coin_models.features.own_table import with_tables
from coin_models.market.asking import CandleProblem
from coin_models.market.history import History
from coin_models.operations.retry import Retry, RetryPolicy, RetryState, Tries
from coin_models.pipeline.plan.facts import CoinDay, Facts, Hold, HoldKind
from coin_models.pipeline.plan.plan import Plan, make_plan
from coin_models.pipeline.plan.recipe import recipe_of
from coin_models.pipeline.services import Services
from coin_models.registry.published import published_versions
from coin_models.settings.root import Settings

NO_PROBLEMS: Mapping[str, CandleProblem] = MappingProxyType({})
NO_HOLDS: Mapping[CoinDay, Hold] = MappingProxyType({})


def plan_now(
    services: Services,
    days: Sequence[date],
    coins: Sequence[str],
    *,
    problems: Mapping[str, CandleProblem] = NO_PROBLEMS,
    holds: Mapping[CoinDay, Hold] = NO_HOLDS,
    by_hand: bool = False,
    force: bool = False,
    session_id: str | None = None,
) -> Plan:
    """The plan for these coin-days, as things are now.

    Args:
        services: where the facts are.
        days: trading days, ascending.
        coins: who is requested.
        problems: coins whose candles could not be topped up just now.
        holds: coin-days that are not to be tried in any case, such as those that failed a moment ago.
        by_hand: a person asks: what failed is tried again at once, not after its backoff.
        force: make again what is requested, whatever is published.
        session_id: our own session, whose running attempts do not hold anything up.
    """
    recipe = recipe_of(services.settings)
    first, last = recipe.parents_from(days[0]), days[-1]
    all_holds = _holds(services, coins, first, last, by_hand=by_hand, session_id=session_id)
    for key, hold in holds.items():
        all_holds[key] = [hold, *all_holds.get(key, ())]
    facts = Facts(
        coins=tuple(coins),
        days=tuple(days),
        recipe=recipe,
        histories=histories_of(services, coins, recipe.first_candle_day(first), last),
        published=published_versions(services.database, coins, first, last),
        holds=all_holds,
        problems=problems,
        again_from=again_from(services),
    )
    return make_plan(facts, force=force)


def histories_of(services: Services, coins: Sequence[str], first: date, last: date) -> dict[str, History]:
    """What is known of these days of each coin: its candles, and the tables of the feature sets."""
    sets = services.settings.training.features
    histories = services.candle_index.histories(coins, first, last)
    return {coin: with_tables(history, own_tables(sets, coin)) for coin, history in histories.items()}


def retry_policy(settings: Settings) -> RetryPolicy:
    """The retry policy that the settings give."""
    operations = settings.operations
    return RetryPolicy(
        max_attempts=operations.max_attempts,
        backoff_seconds=operations.backoff_seconds,
        backoff_max_seconds=operations.backoff_max_seconds,
        unavailable_seconds=operations.unavailable_seconds,
        unavailable_max_seconds=operations.unavailable_max_seconds,
    )


def again_from(services: Services) -> date | None:
    """The first day whose stale versions are made again: `operations.stale`."""
    operations = services.settings.operations
    if operations.stale == "keep":
        return None
    if operations.stale == "all":
        return date.min
    return services.newest_trading_day() - timedelta(days=operations.resume_window_days - 1)


def _holds(
    services: Services, coins: Sequence[str], first: date, last: date, *, by_hand: bool, session_id: str | None
) -> dict[CoinDay, list[Hold]]:
    holds: dict[CoinDay, list[Hold]] = {}
    for key, session in services.attempts.running(first, last).items():
        if session != session_id:
            reason = f"session {session[:8]} works on it"
            holds.setdefault(key, []).append(Hold(kind=HoldKind.RUNNING, reason=reason))
    policy, now = retry_policy(services.settings), services.clock.now()
    failures = services.attempts.failures(first, last, coins=coins)
    is_away = any(tries.num_unavailable for tries in failures.values())
    answered_at = services.place_watch.answered_at() if is_away else None
    for (coin, day, fingerprint), tries in failures.items():
        # An unknown fingerprint (unavailable candles) is never quarantined.
        retry = policy.retry(tries, gives_up=fingerprint is not None, answered_at=answered_at)
        hold = _hold_of(retry, tries, fingerprint, now, by_hand=by_hand)
        if hold is not None:
            holds.setdefault((coin, day), []).append(hold)
    return holds


def _hold_of(retry: Retry, tries: Tries, fingerprint: str | None, now: datetime, *, by_hand: bool) -> Hold | None:
    reason = tries.reason or "no reason was recorded"
    if retry.state is RetryState.QUARANTINED:
        text = f"quarantined after {tries.num_failed} errors: {reason}"
        return Hold(kind=HoldKind.QUARANTINED, reason=text, fingerprint=fingerprint)
    if by_hand or retry.is_due(now) or retry.retry_at is None:
        return None
    is_away = retry.state is RetryState.UNAVAILABLE
    sooner = ", or as soon as it answers" if is_away else ""
    return Hold(
        kind=HoldKind.UNAVAILABLE if is_away else HoldKind.BACKOFF,
        reason=f"next try at {retry.retry_at:%H:%M:%S} UTC{sooner}: {reason}",
        fingerprint=fingerprint,
    )
