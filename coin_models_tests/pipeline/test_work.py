"""Which coins of which days need a run."""

from datetime import timedelta

from coin_models.pipeline.derived.digests import DerivedKind
from coin_models.pipeline.derived.stale import StaleDay
from coin_models.pipeline.plan.plan import Plan, make_plan
from coin_models.pipeline.work import stretches, with_models, work_of
from coin_models_tests.pipeline.plan.strategies import DAY, carried_out, facts, with_published

COINS = ("BTC", "ETH")
DAYS = [DAY + timedelta(days=number) for number in range(5)]


def all_published() -> Plan:
    given = facts([DAY], COINS)
    return make_plan(with_published(given, carried_out(make_plan(given))))


def test_what_is_to_be_trained_needs_a_run() -> None:
    assert work_of(make_plan(facts([DAY], COINS)), [], set()) == {DAY: ["BTC", "ETH"]}


def test_what_is_published_needs_a_run_where_dagster_has_no_event_of_it() -> None:
    assert work_of(all_published(), [], set()) == {DAY: []}
    assert work_of(all_published(), [], {("ETH", DAY)}) == {DAY: ["ETH"]}


def test_stale_trades_need_a_run_of_their_coin_and_a_stale_report_of_none() -> None:
    trades = StaleDay(kind=DerivedKind.TRADES, coin="BTC", day=DAY, reason="other candles")
    report = StaleDay(kind=DerivedKind.REPORT, coin="", day=DAY, reason="other trades")

    assert work_of(all_published(), [trades, report], set()) == {DAY: ["BTC"]}


def test_trades_follow_from_models_that_are_there_or_will_be() -> None:
    assert with_models(make_plan(facts([DAY], COINS))) == {("BTC", DAY), ("ETH", DAY)}


def test_consecutive_days_are_one_stretch_up_to_the_most_days_of_a_run() -> None:
    work = dict(zip(DAYS, [["BTC"], ["ETH"], ["BTC"], [], ["BTC"]], strict=True))

    stretched = list(stretches(work, 2))

    assert stretched == [(DAYS[:2], ["BTC", "ETH"]), (DAYS[2:3], ["BTC"]), (DAYS[4:], ["BTC"])]
