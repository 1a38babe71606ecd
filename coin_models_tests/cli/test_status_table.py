"""`status` in a terminal: a grid of days, counts where the days are many."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from coin_models.cli.status_table import print_failed, print_status, print_summary
from coin_models.operations.attempts import Attempt, Outcome
from coin_models.pipeline.coin_days import CoinDayStatuses
from coin_models.pipeline.plan.plan import make_plan
from coin_models.pipeline.status import Status
from coin_models_tests.pipeline.plan.strategies import FIRST, carried_out, facts, history

BEFORE = 30  # days of candles before the first day that is shown


def shown(num_days: int, open_from: int, width: int = 400) -> str:
    days = tuple(FIRST + timedelta(days=BEFORE + number) for number in range(num_days))
    candles = {"BTC": history(BEFORE + num_days)}
    published = carried_out(make_plan(facts(days[:open_from], histories=candles)))
    states = CoinDayStatuses(make_plan(facts(days, histories=candles, published=published)))
    out = io.StringIO()
    print_status(Console(file=out, width=width), Status(days=days, coins=("BTC",), coin_days=states, attempts=()))
    return out.getvalue()


def test_a_month_is_a_grid_with_a_mark_for_each_day() -> None:
    text = shown(31, 30)

    assert "01-31" in text
    assert text.count("\u25cf") == 30 + 1  # and one in the legend


def test_days_that_do_not_fit_are_marks_of_weeks_and_every_day_has_one() -> None:
    text = shown(60, 40, width=80)
    grid = text[: text.index("done")].splitlines()

    assert all(len(line) <= 80 for line in grid)
    assert text.count("\u25cf") == 40 + 1
    assert sum(line.count("\u00b7") for line in grid) == 20


def test_a_narrow_terminal_has_the_weeks_below_one_another() -> None:
    text = shown(60, 60, width=30)

    assert text.count("coin ") >= 3
    assert text.count("\u25cf") == 60 + 1
    assert "\u2026" not in text


def test_years_are_counts_by_coin_with_the_oldest_day_that_is_open() -> None:
    text = shown(1095, 1000)

    assert "BTC  1000 done, 95 missing; open since 2028-10-27" in text


@pytest.mark.parametrize("num_days", [7, 1095])
def test_a_coin_with_nothing_left_to_do_is_open_on_no_day(num_days: int) -> None:
    assert "open since" not in shown(num_days, num_days)


def of_failures(reasons: dict[str, str]) -> Status:
    """Two days of these coins, the first of which failed for these reasons."""
    days = tuple(FIRST + timedelta(days=BEFORE + number) for number in range(2))
    now = datetime(2026, 3, 11, tzinfo=UTC)
    tried = [
        Attempt(
            attempt_id=number,
            coin=coin,
            day=days[0],
            session_id="s",
            outcome=Outcome.FAILED,
            started_at=now,
            ended_at=now,
            reason=reason,
        )
        for number, (coin, reason) in enumerate(reasons.items())
    ]
    candles = {coin: history(BEFORE + 2) for coin in reasons}
    states = CoinDayStatuses(make_plan(facts(days, tuple(reasons), histories=candles)), tried)
    return Status(days=days, coins=tuple(reasons), coin_days=states, attempts=tuple(tried))


def test_one_cause_is_one_line_with_its_coins() -> None:
    out = io.StringIO()

    print_failed(
        Console(file=out, width=200), of_failures({"BTC": "no torch", "ETH": "no torch", "SOL": "[no] candles"})
    )

    lines = out.getvalue().splitlines()
    day = FIRST + timedelta(days=BEFORE)
    assert lines[0].endswith("2 failed: no torch")
    assert lines[1].strip() == f"BTC, ETH on {day}"
    assert lines[2].endswith("1 failed: [no] candles")
    assert lines[3].strip() == f"SOL on {day}"


def test_without_a_failure_that_is_said() -> None:
    out = io.StringIO()
    days = (FIRST + timedelta(days=BEFORE),)
    states = CoinDayStatuses(make_plan(facts(days, histories={"BTC": history(BEFORE + 1)})))

    print_failed(Console(file=out), Status(days=days, coins=("BTC",), coin_days=states, attempts=()))

    assert out.getvalue().startswith("nothing failed from ")


def test_a_summary_counts_the_coins_of_each_day() -> None:
    out = io.StringIO()

    print_summary(Console(file=out, width=80), of_failures({"BTC": "no torch", "ETH": "no torch"}))

    head, first, second = (line.split() for line in out.getvalue().splitlines())
    assert head == ["day", "failed", "missing"]
    assert (first[1:], second[1:]) == (["2"], ["2"])


def many(num_days: int, *, num_open: int = 0, is_terminal: bool = True, every_coin: bool = False) -> str:
    """50 coins; of the last `num_open` the last day is missing."""
    days = tuple(FIRST + timedelta(days=BEFORE + number) for number in range(num_days))
    coins = tuple(f"C{number:02}" for number in range(50))
    candles = {coin: history(BEFORE + num_days) for coin in coins}
    published = carried_out(make_plan(facts(days, coins, histories=candles)))
    for coin in coins[len(coins) - num_open :]:
        published[coin] = [version for version in published[coin] if version[0] != days[-1]]
    states = CoinDayStatuses(make_plan(facts(days, coins, histories=candles, published=published)))
    out = io.StringIO()
    console = Console(file=out, width=80, force_terminal=is_terminal, color_system=None)
    print_status(console, Status(days=days, coins=coins, coin_days=states, attempts=()), every_coin=every_coin)
    return out.getvalue()


def test_on_a_terminal_many_coins_with_equal_rows_are_one_and_open_ones_are_first() -> None:
    lines = many(7, num_open=1).splitlines()

    assert lines[1].split()[:2] == ["C49", "\u25cf"]
    assert lines[2].startswith("C00, C01 and 47 more  ")
    assert lines[2].count("\u25cf") == 7
    assert len(lines) == 6  # the days, two rows, the legend on two lines, no runs


def test_of_years_equal_counts_are_one_line() -> None:
    lines = many(100, num_open=2).splitlines()

    assert [line.split("  ")[0] for line in lines[1:3]] == ["C48, C49", "C00, C01 and 46 more"]
    assert lines[1].endswith("99 done, 1 missing; open since 2026-05-10")


@pytest.mark.parametrize("options", [{"is_terminal": False}, {"every_coin": True}])
def test_a_pipe_and_who_wants_every_coin_have_a_row_for_each(options: dict[str, bool]) -> None:
    text = many(7, num_open=1, **options)

    assert [line.split()[0] for line in text.splitlines()[1:51]] == [f"C{number:02}" for number in range(50)]


def test_one_cause_of_many_coins_is_one_line_on_a_terminal() -> None:
    out = io.StringIO()
    coins = {f"C{number:02}": "no disk" for number in range(45)}

    print_status(Console(file=out, width=80, force_terminal=True, color_system=None), of_failures(coins))

    text = out.getvalue()
    assert "45 failed: no disk\n    C00, C01 and 43 more on " in text
    assert text.count("no disk") == 1 + 12  # and the newest attempts
