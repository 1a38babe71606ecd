"""What a plan takes: a coin for each phase, and of models a coin's epoch; parents count on the day that starts from them."""

from dataclasses import dataclass, field
from datetime import date

from coin_models.pipeline.expected_work import expect_work
from coin_models.pipeline.phases import Phase
from coin_models.pipeline.plan.plan import make_plan
from coin_models.settings.training import TrainingSettings
from coin_models_tests.pipeline.plan.strategies import FIRST, FULL, LATER, facts, history

TRAINING = TrainingSettings(epochs=4, incremental_epochs=1)


@dataclass
class Line:
    expected: dict[tuple[Phase, date | None], float] = field(default_factory=dict)

    def expect(self, phase: Phase, day: date | None, units: float) -> None:
        self.expected[phase, day] = units


def test_a_full_retrain_takes_all_its_epochs() -> None:
    line = Line()
    expect_work(line, make_plan(facts([FULL])), TRAINING, [FULL])

    assert line.expected[Phase.MODELS, FULL] == 4
    assert line.expected[Phase.TRADES, FULL] == line.expected[Phase.PATTERNS, FULL] == 1


def test_a_parent_that_is_missing_counts_on_the_day_that_starts_from_it() -> None:
    line = Line()
    expect_work(line, make_plan(facts([LATER])), TRAINING, [LATER])

    assert line.expected[Phase.MODELS, LATER] == 4 + 1


def test_what_is_published_is_not_fitted_again() -> None:
    line = Line()
    fingerprint = make_plan(facts([FULL]))["BTC", FULL].fingerprint or ""
    expect_work(line, make_plan(facts([FULL], published={"BTC": [(FULL, fingerprint)]})), TRAINING, [FULL])

    assert line.expected[Phase.MODELS, FULL] == 0


def test_without_candles_a_full_retrain_is_expected() -> None:
    line = Line()
    days = [date.fromordinal(FIRST.toordinal() + number) for number in range(90)]
    plan = make_plan(facts([FULL], histories={"BTC": history(unstored=days)}))
    expect_work(line, plan, TRAINING, [FULL])

    assert line.expected[Phase.MODELS, FULL] == 4
