"""New shapes of a day from all coins: distinct ones, the most frequent first."""

from itertools import combinations

import numpy as np

from coin_models.trading.patterns.candidates import Candidates
from coin_models.trading.patterns.discovery import Shapes
from coin_models.trading.patterns.windows import CoinWindows
from coin_models_tests.trading.builders import DAY
from coin_models_tests.trading.patterns.markets import SETTINGS, market

NO_SHAPES = np.empty((0, 24), np.float32)


def candidates_of(windows: list[CoinWindows], *, existing: Shapes = NO_SHAPES, first_ms: int = 0) -> Candidates:
    candidates = Candidates(existing, DAY, first_ms, len(windows), SETTINGS)
    for one in windows:
        candidates.add(one)
    return candidates


def test_the_shapes_that_recur_most_often_come_first() -> None:
    windows = market(bumps=True)

    best = candidates_of(windows).best(100)

    matches = [sum(int((one.unit @ part.unit.T >= 0.95).sum()) for part in windows) for one in best]
    assert len(best) > 2
    assert matches == sorted(matches, reverse=True)
    assert matches[0] > 2 * 12  # the planted shape, twice a day for twelve days, and its neighbours


def test_a_candidate_of_one_coin_is_no_new_shape_in_another() -> None:
    best = candidates_of(market(bumps=True)).best(100)

    assert {one.found_in for one in best} == {"BTC", "ETH"}
    assert all(float(one.unit @ other.unit) < SETTINGS.pattern_min_correlation for one, other in combinations(best, 2))


def test_what_matches_a_shape_of_the_library_is_no_candidate() -> None:
    windows = market(bumps=True)
    (first,) = candidates_of(windows).best(1)

    others = candidates_of(windows, existing=first.unit[None]).best(100)

    assert all(float(one.unit @ first.unit) < SETTINGS.pattern_min_correlation for one in others)


def test_no_more_are_named_than_are_wanted_and_the_names_hold_coin_day_and_number() -> None:
    candidates = candidates_of(market(bumps=True))

    assert candidates.best(0) == []
    assert [one.id.startswith(f"{one.found_in}-{DAY.isoformat()}-") for one in candidates.best(2)] == [True, True]


def test_windows_that_are_not_new_hold_no_candidate() -> None:
    windows = market(bumps=True)
    last_ms = max(int(one.end_ms[-1]) for one in windows)

    assert candidates_of(windows, first_ms=last_ms).best(100) == []
