"""Which notifications are sent, from rows as machines leave them. DAY is a trading day, NIGHT 02:00 on the day
after.
"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from coin_models.costs.policy import Admission, Stop
from coin_models.db.engine import Database
from coin_models.market.candle_index import DayRecord
from coin_models.market.history import ENDED
from coin_models.pipeline.daily_report import JSON
from coin_models.pipeline.notices import Notices, tell_deferred
from coin_models.pipeline.services import Services
from coin_models.reporting.notifications.channels import channel_id
from coin_models.settings.costs import NotifySettings
from coin_models.settings.root import Settings
from coin_models.storage import keys
from coin_models_tests.costs.builders import DAY, NIGHT
from coin_models_tests.costs.rows import add_attempt, add_session
from coin_models_tests.pipeline.notice_office import Office, failed, trained
from coin_models_tests.trading.database import open_in


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_in(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def office(database: Database, tmp_path: Path) -> Office:
    return Office(database, Settings(home=tmp_path))


def test_a_coin_that_is_no_longer_traded_is_told_once_on_however_many_days(office: Office) -> None:
    for day in (DAY, DAY + timedelta(days=1)):
        row = office.services.candle_index.histories(["ETH"], day, day)["ETH"].rows[day.day - 1 :][:1].copy()
        row["flags"], row["asked_at"] = ENDED, 2
        office.services.candle_index.record("ETH", {day: DayRecord(row=row, source="the test")})

    office.tell()
    office.tell(days=1)

    assert office.titles.count("ETH is no longer traded") == 1


def test_a_machine_that_died_without_a_word_is_told_once(office: Office) -> None:
    add_session(office.database, "s1", ended_at=NIGHT + timedelta(minutes=10), end_reason="lost")

    first, again = office.tell(), office.tell(minutes=1)

    assert first == "new: Interrupted on m; 1 message(s) delivered"
    assert again == "nothing to send"
    assert office.bodies == ["03-02 02:10 UTC: m was interrupted, without notice; its last checkpoint is kept"]


def test_an_interruption_with_notice_says_what_the_grace_was_used_for(office: Office) -> None:
    ended = NIGHT + timedelta(minutes=10)
    add_session(office.database, "s1", ended_at=ended, end_reason="interrupted", grace_used_seconds=0.42)

    office.tell()

    assert office.bodies == ["03-02 02:10 UTC: m was interrupted, saved in 0.4 of 5.0 s"]


def test_a_session_that_ended_by_itself_is_no_news(office: Office) -> None:
    add_session(office.database, "s1", ended_at=NIGHT, end_reason="finished")
    add_session(office.database, "s2", ended_at=NIGHT, end_reason="failed")

    assert office.tell() == "nothing to send"


def test_work_that_is_taken_up_again_is_told_with_its_coins(office: Office) -> None:
    trained(office, "BTC", action="resumed")

    office.tell()

    assert "Resumed on m" in office.titles
    assert "03-02 02:30 UTC: m resumed 1 coins of 2025-03-01" in office.bodies


def test_a_burst_of_twenty_machines_is_two_messages(office: Office) -> None:
    for number in range(20):
        minutes = timedelta(minutes=3 * number)
        add_session(
            office.database, f"s{number}", ended_at=office.clock.now(), end_reason="lost", heartbeat_at=NIGHT + minutes
        )
        office.tell(minutes=3)
    office.tell(hours=2)
    office.tell(hours=2)

    assert office.titles == ["Interrupted on m", "19 interruptions"]


def test_a_first_channel_is_not_told_what_happened_before_yesterday(office: Office) -> None:
    add_session(office.database, "s1", ended_at=NIGHT - timedelta(hours=24), end_reason="lost")

    assert office.tell() == "nothing to send"


def test_a_coin_out_of_attempts_is_told_with_its_reason_and_the_way_out(office: Office) -> None:
    failed(office, "BTC")
    failed(office, "ETH", times=2, session="g")

    office.tell()

    assert office.titles == ["BTC is quarantined"]
    why = "BTC on 2025-03-01: quarantined after 3 errors: no candles"
    assert office.bodies == [f"{why}\nTry it again with: coin-models unquarantine BTC --day 2025-03-01"]


def test_an_outage_that_takes_many_coins_is_one_message(database: Database, tmp_path: Path) -> None:
    coins = ("BTC", "ETH", "SOL", "XRP")
    office = Office(database, Settings(home=tmp_path), coins)
    failed(office, *coins)

    office.tell()

    assert office.titles == ["4 coins of 2025-03-01 are quarantined"]
    assert "SOL: quarantined after 3 errors: no candles" in office.bodies[0]


def test_coins_that_wait_for_a_place_are_told_from_the_second_try_on_once_a_cause(office: Office) -> None:
    add_session(office.database, "s1", ended_at=NIGHT, end_reason="failed")
    results = []
    for number in range(4):
        for coin in ("BTC", "ETH"):
            tried = office.fingerprint(coin)
            add_attempt(
                office.database, "s1", coin, outcome="unavailable", reason=f"run {number}: torch is not installed",
                ended_at=NIGHT, fingerprint=tried,
            )  # fmt: skip
        results.append(office.tell())

    assert results[0] == results[2] == results[3] == "nothing to send"
    assert office.titles == [f"{DAY}: 2 coins cannot be trained"]
    assert office.bodies[0].splitlines()[0] == "run 1: torch is not installed"


def test_quarantine_is_told_once_nobody_works_on_the_day_any_more(office: Office) -> None:
    failed(office, "BTC")
    add_session(office.database, "s1", heartbeat_at=NIGHT)
    add_attempt(office.database, "s1", "ETH", outcome="running")

    assert office.tell() == "nothing to send"


def test_a_day_is_late_once_its_deadline_has_passed(office: Office) -> None:
    trained(office, "BTC")

    before, after = office.tell(hours=4, minutes=59), office.tell(minutes=1)

    assert before == "nothing to send"
    assert after == "new: 2025-03-01 is late; 1 message(s) delivered"
    assert office.bodies == ["1 coins are not ready at 08:00 UTC\nMissing: ETH"]


def test_a_day_that_nobody_ever_began_is_not_late(office: Office) -> None:
    assert office.tell(hours=8) == "nothing to send"


def test_a_night_that_the_schedule_requested_and_nobody_began_is_late_each_day(office: Office) -> None:
    office.services.requests.ask(DAY, None, None, "the schedule")

    results = [office.tell(hours=8), office.tell(hours=24), office.tell(hours=24)]

    assert [title for title in office.titles if "late" in title] == [
        f"{DAY + timedelta(days=n)} is late" for n in range(3)
    ]
    assert all("is late" in text for text in results)


def test_a_day_that_was_requested_for_one_coin_is_late_for_that_coin_alone(office: Office) -> None:
    office.services.requests.ask(DAY, DAY, ["ETH"], "the UI")

    office.tell(hours=8)

    assert office.bodies == ["1 coins are not ready at 08:00 UTC\nMissing: ETH"]


def test_a_day_is_complete_when_the_report_has_seen_its_last_model(office: Office) -> None:
    trained(office, "BTC", "ETH")
    office.clock.advance(timedelta(minutes=-25))  # 02:35

    before = office.tell()
    office.write_report()
    after = office.tell()

    assert before == "nothing to send"
    assert after == "new: 2025-03-01: all coins done; 1 message(s) delivered"
    # half an hour at 0.20 is 0.100; on-demand at 0.60 it is 0.300
    assert office.bodies == [
        "2 trained (0 resumed), 0 reused\nValidation skill: +0.0123\nCost: 0.100 USD, 0.200 USD less than on-demand"
    ]


def test_a_day_whose_report_fails_is_told_an_hour_after_its_last_model(office: Office) -> None:
    trained(office, "BTC", "ETH")

    before, after = office.tell(minutes=29), office.tell(minutes=2)

    assert before == "nothing to send"
    assert after.startswith("new: 2025-03-01: all coins done")


def test_a_quarantined_coin_is_accounted_for_in_the_digest(office: Office) -> None:
    trained(office, "BTC")
    failed(office, "ETH")
    office.write_report()

    office.tell()

    assert office.titles == ["ETH is quarantined", "2025-03-01: all coins done"]
    assert "Quarantined: ETH" in office.bodies[1]


def test_a_day_of_the_past_is_told_to_whoever_retrained_it(office: Office) -> None:
    trained(office, "BTC", "ETH")
    office.clock.advance(timedelta(days=30))

    silent, asked = str(office.notices.tell()), str(office.notices.tell(also=[DAY]))

    assert silent == "nothing to send"
    assert asked.startswith("new: 2025-03-01: all coins done")


def test_spot_is_called_not_worth_it_after_a_week_dearer_than_on_demand(office: Office) -> None:
    for number in range(1, 7):  # six nights without success, an hour each
        ended = NIGHT + timedelta(days=-number, hours=1)
        add_session(
            office.database, f"v{number}", days_later=-number, gpu="RTX 3090", ended_at=ended, end_reason="failed"
        )
    trained(office, "BTC", "ETH")
    office.write_report()

    office.tell()

    # seven nights: 6 h without success and half an hour of work at 0.20; on-demand half an hour at 0.60
    assert office.titles == ["2025-03-01: all coins done", "Spot is no longer worth it"]
    assert "cost 1.30 USD, waste included; on-demand machines would have cost 0.30 USD" in office.bodies[1]


def test_looking_that_fails_never_fails_who_asked_and_what_is_due_is_delivered(office: Office) -> None:
    trained(office, "BTC", "ETH")
    add_session(office.database, "s2", ended_at=NIGHT, end_reason="lost")
    office.services.store.put(keys.report(DAY, JSON), b"no json")

    result = office.tell()

    assert result == "new: Interrupted on m; 1 message(s) delivered"
    assert office.titles == ["Interrupted on m"]


def test_a_channel_that_is_down_is_named_and_gets_the_message_later(office: Office) -> None:
    add_session(office.database, "s1", ended_at=NIGHT, end_reason="lost")
    office.channel.is_down = True
    down = office.tell()
    office.channel.is_down = False
    office.tell(minutes=1)

    assert down == "new: Interrupted on m; recording is unavailable"
    assert office.titles == ["Interrupted on m"]


@pytest.mark.parametrize(
    ("stop", "title"),
    [(Stop.BUDGET, "The day's budget is spent"), (Stop.HAND_OVER, "2025-03-01: on-demand should take over")],
)
def test_a_stop_of_the_policy_is_posted_for_the_next_delivery(
    database: Database, tmp_path: Path, stop: Stop, title: str
) -> None:
    url = SecretStr("json://127.0.0.1:1/")
    office = Office(database, Settings(home=tmp_path, notify=NotifySettings(urls=(url,))))
    office.channel.channel_id = channel_id(url)
    tell_deferred(office.services, DAY, Admission(stop=stop, reason="because"))
    tell_deferred(office.services, DAY, Admission(stop=stop, reason="because, again"))

    notices = Notices(office.services, (), [office.channel])
    notices.tell()

    assert (office.titles, office.bodies) == ([title], ["because"])


def test_without_a_channel_a_stop_opens_no_database(tmp_path: Path) -> None:
    nowhere = Settings(home=tmp_path / "nowhere")

    tell_deferred(Services(settings=nowhere), DAY, Admission(stop=Stop.BUDGET, reason="because"))

    assert not (tmp_path / "nowhere").exists()
