"""How an error or the plan's action becomes the outcome of a coin-day."""

import pytest

from coin_models.errors import CandlesRejected, CoinModelsError, Interrupted, SourceUnavailable
from coin_models.market.asking import CandleProblem
from coin_models.operations.attempts import AttemptAction, Outcome
from coin_models.pipeline.plan.plan import make_plan
from coin_models.pipeline.train.outcome import failed_coin, settled_by_plan
from coin_models_tests.pipeline.plan.strategies import DAY, facts, history


@pytest.mark.parametrize(
    ("error", "interrupted_by", "outcome"),
    [
        (ValueError("no finite loss"), None, Outcome.FAILED),
        (SourceUnavailable("the exchange does not answer"), None, Outcome.UNAVAILABLE),
        (Interrupted("SIGTERM"), None, Outcome.INTERRUPTED),
        (ValueError("a library's own words for Ctrl-C"), "SIGINT", Outcome.INTERRUPTED),
        (SystemExit(1), None, Outcome.INTERRUPTED),
    ],
)
def test_an_error_is_the_coins_a_places_or_an_interruption(
    error: BaseException, interrupted_by: str | None, outcome: Outcome
) -> None:
    outcome_of_coin = failed_coin("BTC", DAY, error, interrupted_by=interrupted_by)

    assert (outcome_of_coin.key, outcome_of_coin.outcome) == (("BTC", DAY), outcome)
    assert outcome_of_coin.reason


@pytest.mark.parametrize(
    ("error", "outcome", "action"),
    [
        (CandlesRejected("BTC_USDT.csv has no column close"), Outcome.FAILED, AttemptAction.FAILED),
        (SourceUnavailable("the exchange does not answer"), Outcome.UNAVAILABLE, AttemptAction.UNAVAILABLE),
    ],
)
def test_candles_that_cannot_be_had_are_the_coins_own_fault_or_a_places(
    error: CoinModelsError, outcome: Outcome, action: AttemptAction
) -> None:
    unstored = history(unstored=[DAY])
    problem = CandleProblem(coin="BTC", error=error, history=unstored)
    plan = make_plan(facts(histories={"BTC": unstored}, problems={"BTC": problem}))

    outcome_of_coin = settled_by_plan(plan, plan["BTC", DAY])

    assert (outcome_of_coin.outcome, outcome_of_coin.action, outcome_of_coin.reason) == (outcome, action, str(error))
