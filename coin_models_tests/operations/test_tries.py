"""Errors are counted per coin, day and fingerprint, in one query however many coin-days there are."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import event

from coin_models.operations.attempts import AttemptAction, Outcome
from coin_models.operations.quarantine import Selection, unquarantine
from coin_models.operations.retry import Tries
from coin_models_tests.operations.repositories import DAY, Books

_ACTIONS = {Outcome.FAILED: AttemptAction.FAILED, Outcome.UNAVAILABLE: AttemptAction.UNAVAILABLE}
NEXT = DAY + timedelta(days=1)


def tried(books: Books, outcomes: Sequence[Outcome], *, fingerprint: str | None, coin: str = "BTC") -> None:
    """One attempt each, ten seconds after the one before."""
    session, fingerprints = books.open_session(), {} if fingerprint is None else {coin: fingerprint}
    for outcome in outcomes:
        books.wait(10.0)
        made = (outcome, _ACTIONS.get(outcome, AttemptAction.TRAINED), f"{outcome.value} at {fingerprint}")
        books.attempts.record(DAY, session, {coin: made}, fingerprints=fingerprints)


def test_failures_count_at_the_fingerprint_that_was_tried_and_at_no_other(books: Books) -> None:
    tried(books, [Outcome.FAILED] * 3, fingerprint="before the file was corrected")
    tried(books, [Outcome.FAILED], fingerprint="after")

    failures = books.attempts.failures(DAY, DAY)

    assert failures["BTC", DAY, "after"].num_failed == 1
    assert failures["BTC", DAY, "before the file was corrected"].num_failed == 3


def test_attempts_of_the_version_before_stand_under_no_fingerprint(books: Books) -> None:
    tried(books, [Outcome.FAILED] * 3, fingerprint=None)

    failures = books.attempts.failures(DAY, DAY)

    assert {key: tries.num_failed for key, tries in failures.items()} == {("BTC", DAY, None): 3}


def test_errors_of_the_coin_and_of_a_place_are_counted_apart_with_their_times(books: Books) -> None:
    began = books.clock.now()
    tried(books, [Outcome.FAILED, Outcome.UNAVAILABLE, Outcome.UNAVAILABLE, Outcome.FAILED], fingerprint="f")

    assert books.attempts.failures(DAY, DAY) == {
        ("BTC", DAY, "f"): Tries(
            num_failed=2,
            last_failed_at=began + timedelta(seconds=40),
            num_unavailable=2,
            last_unavailable_at=began + timedelta(seconds=30),
            reason="failed at f",
        )
    }


def test_what_succeeded_or_was_interrupted_is_no_error(books: Books) -> None:
    tried(books, [Outcome.DONE, Outcome.INTERRUPTED, Outcome.SKIPPED, Outcome.REUSED, Outcome.RUNNING], fingerprint="f")

    assert books.attempts.failures(DAY, DAY) == {}


def test_failures_that_were_reset_count_no_more(books: Books) -> None:
    tried(books, [Outcome.FAILED, Outcome.UNAVAILABLE], fingerprint="f")
    unquarantine(books.database, Selection())
    tried(books, [Outcome.FAILED], fingerprint="f", coin="ETH")

    failures = books.attempts.failures(DAY, DAY)

    assert {key[0]: (tries.num_failed, tries.num_unavailable) for key, tries in failures.items()} == {
        "BTC": (0, 1),
        "ETH": (1, 0),
    }


def test_days_and_coins_that_were_not_asked_about_are_left_out(books: Books) -> None:
    tried(books, [Outcome.FAILED], fingerprint="f")
    tried(books, [Outcome.FAILED], fingerprint="f", coin="ETH")

    assert books.attempts.failures(NEXT, NEXT) == {}
    assert list(books.attempts.failures(DAY, NEXT, coins=["ETH"])) == [("ETH", DAY, "f")]


def test_any_number_of_coin_days_is_one_query(books: Books) -> None:
    for coin in ("BTC", "ETH", "SOL"):
        tried(books, [Outcome.FAILED, Outcome.UNAVAILABLE], fingerprint="f", coin=coin)
    statements: list[str] = []
    event.listen(books.database.engine, "before_cursor_execute", lambda *seen: statements.append(seen[2]))

    failures = books.attempts.failures(DAY - timedelta(days=1095), DAY)

    assert len(failures) == 3
    assert len([statement for statement in statements if "SELECT" in statement]) == 1
