"""Attempts: what is written down of every try."""

from datetime import timedelta

from coin_models.operations.attempts import AttemptAction, ComputeUsage, Outcome
from coin_models_tests.operations.repositories import DAY, Books

FAILED = (Outcome.FAILED, AttemptAction.FAILED, "the loss is no longer finite")


def test_a_finished_attempt_tells_what_it_took(books: Books) -> None:
    session = books.open_session()
    attempt = books.attempts.begin(["BTC"], DAY, session, run_id="run")["BTC"]
    books.wait(12.0)
    usage = ComputeUsage(steps_done=90, steps_redone=10, useful_seconds=9.0, redone_seconds=1.0)

    books.attempts.finish(attempt, Outcome.DONE, action=AttemptAction.RESUMED, usage=usage)

    (stored,) = books.attempts.between(DAY, DAY)
    assert (stored.outcome, stored.action, stored.usage) == (Outcome.DONE, AttemptAction.RESUMED, usage)
    assert stored.ended_at == stored.started_at + timedelta(seconds=12.0)


def test_the_first_ending_of_an_attempt_counts(books: Books) -> None:
    attempt = books.attempts.begin(["BTC"], DAY, books.open_session())["BTC"]
    books.attempts.finish(attempt, Outcome.INTERRUPTED, action=AttemptAction.TRAINED, reason="SIGTERM")

    books.attempts.finish(attempt, Outcome.DONE, action=AttemptAction.TRAINED)

    (stored,) = books.attempts.between(DAY, DAY)
    assert (stored.outcome, stored.reason) == (Outcome.INTERRUPTED, "SIGTERM")


def test_an_attempt_keeps_the_fingerprint_that_it_tried(books: Books) -> None:
    session = books.open_session()
    books.attempts.begin(["BTC", "ETH"], DAY, session, fingerprints={"BTC": "f1"})
    books.attempts.record(DAY, session, {"SOL": FAILED, "XRP": FAILED}, fingerprints={"SOL": "f2"})

    fingerprints = {attempt.coin: attempt.fingerprint for attempt in books.attempts.between(DAY, DAY)}

    assert fingerprints == {"BTC": "f1", "ETH": None, "SOL": "f2", "XRP": None}


def test_only_the_failed_attempts_of_the_run_become_errors_of_a_place(books: Books) -> None:
    session, other = books.open_session(), books.open_session()
    done = (Outcome.DONE, AttemptAction.TRAINED, None)
    books.attempts.record(DAY, other, {"BTC": FAILED})
    books.attempts.record(DAY, session, {"BTC": FAILED}, run_id="the run before")
    books.attempts.record(DAY, session, {"BTC": FAILED, "ETH": FAILED, "SOL": FAILED, "XRP": done}, run_id="run")

    changed = books.attempts.reclassify(
        session, dict.fromkeys(("BTC", "ETH", "XRP"), "store unavailable"), run_id="run"
    )

    assert changed == 2
    assert [(a.coin, a.outcome, a.reason) for a in books.attempts.between(DAY, DAY)] == [
        ("BTC", Outcome.FAILED, FAILED[2]),
        ("BTC", Outcome.FAILED, FAILED[2]),
        ("BTC", Outcome.UNAVAILABLE, "store unavailable"),
        ("ETH", Outcome.UNAVAILABLE, "store unavailable"),
        ("SOL", Outcome.FAILED, FAILED[2]),
        ("XRP", Outcome.DONE, None),
    ]


def test_the_session_at_each_coin_day_is_known(books: Books) -> None:
    first, second = books.open_session(), books.open_session()
    attempt = books.attempts.begin(["BTC"], DAY, first)["BTC"]
    books.attempts.begin(["ETH"], DAY, second)
    books.attempts.begin(["ETH"], DAY - timedelta(days=1), first)
    books.attempts.finish(attempt, Outcome.DONE, action=AttemptAction.TRAINED)

    assert books.attempts.running(DAY, DAY) == {("ETH", DAY): second}


def test_the_days_that_anybody_tried_are_known(books: Books) -> None:
    session = books.open_session()
    books.attempts.begin(["BTC"], DAY, session)
    books.attempts.begin(["BTC"], DAY - timedelta(days=3), session)

    assert books.attempts.days_tried(DAY, DAY) == {DAY}
    assert books.attempts.days_tried(DAY - timedelta(days=9), DAY) == {DAY, DAY - timedelta(days=3)}


def test_the_coin_days_that_were_cut_off_within_a_time_are_known(books: Books) -> None:
    session, began = books.open_session(), books.clock.now()
    endings = {"BTC": Outcome.INTERRUPTED, "ETH": Outcome.FAILED, "SOL": Outcome.DONE}
    for coin, attempt in books.attempts.begin([*endings, "XRP"], DAY, session).items():
        if coin in endings:
            books.wait(10.0)
            books.attempts.finish(attempt, endings[coin], action=AttemptAction.TRAINED)

    cut = books.attempts.cut_off(began, books.clock.now())

    assert cut == {("BTC", DAY), ("ETH", DAY)}
    assert books.attempts.cut_off(began + timedelta(seconds=11), books.clock.now()) == {("ETH", DAY)}


def test_what_was_noted_of_a_running_attempt_survives_its_process(books: Books) -> None:
    session = books.open_session()
    attempt = books.attempts.begin(["BTC"], DAY, session)["BTC"]
    noted = ComputeUsage(steps_done=40, useful_seconds=8.0, startup_seconds=2.0)

    books.attempts.note([attempt], noted)
    books.wait(60.0)
    books.reap()

    (stored,) = books.attempts.between(DAY, DAY)
    assert (stored.outcome, stored.usage) == (Outcome.INTERRUPTED, noted)


def test_a_note_that_comes_late_changes_nothing(books: Books) -> None:
    attempt = books.attempts.begin(["BTC"], DAY, books.open_session())["BTC"]
    final = ComputeUsage(steps_done=90, useful_seconds=9.0)
    books.attempts.finish(attempt, Outcome.DONE, action=AttemptAction.TRAINED, usage=final)

    books.attempts.note([attempt], ComputeUsage(steps_done=80, useful_seconds=8.0))

    (stored,) = books.attempts.between(DAY, DAY)
    assert stored.usage == final


def test_the_newest_attempts_are_found_behind_many_newer_ones_at_other_coins(books: Books) -> None:
    session = books.open_session()
    books.attempts.begin(["BTC"], DAY, session)
    books.attempts.begin([f"C{number}" for number in range(20)], DAY, session)

    newest = books.attempts.newest(DAY, DAY, ["BTC"], limit=1)

    assert [attempt.coin for attempt in newest] == ["BTC"]


def test_the_newest_attempts_at_some_coins_come_oldest_first(books: Books) -> None:
    session = books.open_session()
    for back in (2, 1, 0):
        books.attempts.begin(["BTC", "ETH"], DAY - timedelta(days=back), session)

    newest = books.attempts.newest(DAY - timedelta(days=9), DAY, ["BTC"], limit=2)

    assert [(attempt.coin, attempt.day) for attempt in newest] == [("BTC", DAY - timedelta(days=1)), ("BTC", DAY)]
