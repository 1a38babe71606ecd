"""The exchange is unavailable for six hours, a tick every minute: no quarantine, few tries, all coins trained
afterwards.
"""

from datetime import timedelta

import pytest

from coin_models.errors import FitDiverged, SourceUnavailable, StoreUnavailable
from coin_models.operations.attempts import AttemptAction, Outcome
from coin_models.operations.places import CoinError, unavailable_coins
from coin_models.operations.retry import Retry, RetryPolicy, RetryState, Tries
from coin_models_tests.operations.repositories import DAY, Books

COINS = tuple(f"C{number:02}" for number in range(20))
POLICY = RetryPolicy(max_attempts=3, backoff_seconds=60.0)
OUTAGE, TICK = timedelta(hours=6), timedelta(minutes=1)


class Nights:
    """Ticks that try what is due of one day, as policy and attempts say."""

    def __init__(self, books: Books, *, fails_with: Exception | None) -> None:
        self.books, self.fails_with = books, fails_with
        self.session = books.open_session()
        self.published: set[str] = set()
        self.num_runs = 0

    def retries(self) -> dict[str, Retry]:
        tries = self.books.attempts.failures(DAY, DAY)
        return {coin: POLICY.retry(tries.get((coin, DAY, None), Tries())) for coin in COINS}

    def tick(self) -> None:
        now = self.books.clock.now()
        due = [coin for coin, retry in self.retries().items() if coin not in self.published and retry.is_due(now)]
        if due:
            self.num_runs += 1
            self._run(due)
        self.books.clock.advance(TICK)

    def _run(self, coins: list[str]) -> None:
        """A run: what fails is recorded as the coin's own, then reclassified once the run is over."""
        if self.fails_with is None:
            self.published |= set(coins)
            self.books.attempts.record(
                DAY, self.session, dict.fromkeys(coins, (Outcome.DONE, AttemptAction.TRAINED, None))
            )
            return
        errors = [CoinError.of(coin, self.fails_with) for coin in coins]
        failed = {error.coin: (Outcome.FAILED, AttemptAction.FAILED, error.message) for error in errors}
        self.books.attempts.record(DAY, self.session, failed)
        unavailable = unavailable_coins(errors, num_tried=len(coins))
        self.books.attempts.reclassify(self.session, {coin: str(reason) for coin, reason in unavailable.items()})

    def until(self, span: timedelta) -> None:
        end = self.books.clock.now() + span
        while self.books.clock.now() < end:
            self.tick()


@pytest.mark.parametrize(
    "error",
    [
        SourceUnavailable("tried to fetch: 503"),
        StoreUnavailable("time-out"),
        ValueError("what no type tells, by majority"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_six_hours_without_a_place_quarantine_no_coin_and_all_are_trained_afterwards(
    error: Exception, books: Books
) -> None:
    nights = Nights(books, fails_with=error)

    nights.until(OUTAGE)

    # Pauses of 30, 60, 120, 240 and 480 s take 930 s, rounded up to ticks 990; then (21,600 - 990) / 900: 22 more, and the first.
    assert nights.num_runs <= 1 + 5 + 23
    assert {retry.state for retry in nights.retries().values()} == {RetryState.UNAVAILABLE}
    nights.fails_with = None
    nights.until(timedelta(seconds=POLICY.unavailable_max_seconds) + TICK)
    assert nights.published == set(COINS)


def test_a_coin_whose_fit_diverges_is_quarantined_after_its_attempts(books: Books) -> None:
    nights = Nights(books, fails_with=FitDiverged("the loss is no longer finite"))

    nights.until(OUTAGE)

    assert {retry.state for retry in nights.retries().values()} == {RetryState.QUARANTINED}
    assert nights.num_runs == POLICY.max_attempts
