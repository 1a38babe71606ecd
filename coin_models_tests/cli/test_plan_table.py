"""`retrain --dry-run` as a table and as JSON."""

import io
from datetime import timedelta

import pytest
from rich.console import Console

from coin_models.cli.plan_table import plan_json, print_work_plan
from coin_models.pipeline.plan.estimate import Estimate
from coin_models.pipeline.plan.plan import Plan, make_plan
from coin_models_tests.pipeline.plan.strategies import DAY, FULL, LATER, carried_out, facts, history

UNKNOWN = Estimate(seconds=None, usd=None)


def printed(plan: Plan, forecast: Estimate = UNKNOWN) -> str:
    text = io.StringIO()
    print_work_plan(Console(file=text, width=200), plan, forecast)
    return text.getvalue()


def rows(text: str) -> list[list[str]]:
    """Day, coin, action and what it starts from, of each line but the first and the last."""
    return [line.split()[:4] for line in text.splitlines()[1:-1]]


def test_a_parent_that_was_not_asked_for_comes_first_and_the_day_names_it() -> None:
    text = printed(make_plan(facts([LATER])))

    assert rows(text) == [
        [str(FULL), "BTC", "train", "full"],  # retrain
        [str(LATER), "BTC", "train", str(FULL)],
    ]
    assert text.splitlines()[-1] == "2 train; how long it takes is not known before the first fit here"


def test_what_is_up_to_date_is_counted_and_not_listed() -> None:
    published = carried_out(make_plan(facts([FULL])))

    text = printed(make_plan(facts([FULL], published=published)))

    assert text == "1 reuse; how long it takes is not known before the first fit here\n"


def test_a_skipped_coin_starts_from_nothing_and_says_why() -> None:
    (line, _) = printed(make_plan(facts([DAY], histories={"BTC": history(empty=[DAY])}))).splitlines()[1:]

    assert "skip" in line
    assert "thin day" in line
    assert "full retrain" not in line


def test_beyond_forty_rows_the_rest_is_a_number() -> None:
    # 50 coins on a day; how many of their parents come along depends on the calendar.
    plan = make_plan(facts([DAY], [f"C{number}" for number in range(50)]))
    num_rows = 50 + len(plan.ancestors())

    text = printed(plan)

    assert f"... and {num_rows - 40} more; --json shows all" in text
    assert len(rows(text)) == 40 + 1  # and the line about the others


@pytest.mark.parametrize(
    ("forecast", "sentence"),
    [
        (Estimate(seconds=90.4, usd=0.125), "1 train; about 90 s, 0.12 USD"),
        (Estimate(seconds=90.4, usd=0.0), "1 train; about 90 s"),
        (Estimate(seconds=0.0, usd=0.0), "1 train"),
    ],
)
def test_duration_and_cost_are_told_where_they_are_known(forecast: Estimate, sentence: str) -> None:
    assert printed(make_plan(facts([FULL])), forecast).splitlines()[-1] == sentence


def test_as_json_there_are_counts_of_every_action_and_every_coin_day_with_its_parent() -> None:
    content = plan_json(make_plan(facts([LATER])), Estimate(seconds=3.0, usd=None))

    assert (content["train"], content["reuse"], content["seconds"], content["usd"]) == (2, 0, 3.0, None)
    assert [(item["day"], item["parent"], item["requested"]) for item in content["coins"]] == [
        (str(FULL), None, False),
        (str(LATER), str(LATER - timedelta(days=2)), True),
    ]
