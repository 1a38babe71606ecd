"""Windows, matrix profile, motifs."""

import json
import subprocess
import sys
from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coin_models.market.candles import Candles
from coin_models.market.timeframe import day_start_ms
from coin_models.trading.patterns.discovery import MAX_QUERIES, find_matches, find_motifs, matrix_profile, spread_out
from coin_models.trading.patterns.windows import CoinWindows, make_windows
from coin_models_tests.trading.builders import DAY, HOURLY, candles_of


def series(log_close: np.ndarray, *, length: int = 12, horizon: int = 3) -> CoinWindows:
    close = np.exp(log_close)
    opens = np.concatenate((close[:1], close[:-1]))
    ohlcv = np.stack([opens, np.maximum(opens, close), np.minimum(opens, close), close, np.ones(len(close))], axis=1)
    times = day_start_ms(DAY) + np.arange(len(close), dtype=np.int64) * HOURLY.ms
    candles = Candles(timeframe=HOURLY, open_time_ms=times, ohlcv=ohlcv)
    return make_windows("BTC", candles, length=length, horizon=horizon)


def walk(num: int, seed: int) -> np.ndarray:
    return np.cumsum(np.random.default_rng(seed).normal(0, 0.01, num))


def test_a_window_is_centred_and_of_length_one() -> None:
    windows = series(walk(40, 0))

    assert windows.unit.shape == (29, 12)
    assert windows.unit.sum(axis=1) == pytest.approx(0, abs=1e-5)
    assert np.linalg.norm(windows.unit, axis=1) == pytest.approx(1, abs=1e-5)


def test_scale_and_level_of_the_price_do_not_change_a_shape() -> None:
    shape = walk(30, 1)

    assert series(5.0 + 3.0 * shape).unit == pytest.approx(series(shape).unit, abs=1e-3)


def test_windows_across_a_gap_and_flat_windows_are_left_out() -> None:
    opens = [100.0, 101.0, 102.0, 103.0, 104.0, 105.0, 105.0, 105.0, 105.0, 105.0]
    candles = candles_of(opens, skip=(2,))  # closes 101 102 - 104 105 105 105 105 105 105

    windows = make_windows("BTC", candles, length=4, horizon=1)

    # Whole windows start at candle 3 or later; that from candle 4 on holds 105 only.
    assert ((windows.end_ms - day_start_ms(DAY)) // HOURLY.ms).tolist() == [7]


def test_an_outcome_is_the_return_after_the_window_and_open_at_the_end() -> None:
    windows = series(np.array([0.0, 0.1, 0.0, 0.1, 0.3]), length=3, horizon=1)

    assert windows.outcome[:2] == pytest.approx([0.1, 0.2])
    assert np.isnan(windows.outcome[2])


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), cut=st.integers(20, 55))
def test_the_future_changes_no_window_of_the_past(seed: int, cut: int) -> None:
    past = walk(60, seed)
    other = past.copy()
    other[cut:] += 0.5 + walk(60 - cut, seed + 1)

    before, after = series(past), series(other)

    whole = cut - 12 + 1
    assert (before.unit[:whole] == after.unit[:whole]).all()
    known = max(whole - 3, 0)  # outcomes look three candles ahead
    assert before.outcome[:known] == pytest.approx(after.outcome[:known])


def brute_force(windows: CoinWindows) -> list[tuple[int, float]]:
    """The definition: for each window the most correlated one that starts more than half a window away."""
    found = []
    for i in range(len(windows)):
        far = [j for j in range(len(windows)) if abs(i - j) > windows.length // 2]
        correlations = [float(np.corrcoef(windows.unit[i], windows.unit[j])[0, 1]) for j in far]
        best = int(np.argmax(correlations))
        found.append((far[best], correlations[best]))
    return found


def test_the_profile_is_what_the_definition_says() -> None:
    windows = series(walk(60, 2))

    profile = matrix_profile(windows, np.arange(len(windows)))

    neighbours, correlations = zip(*brute_force(windows), strict=True)
    assert profile.neighbour.tolist() == list(neighbours)
    assert profile.correlation == pytest.approx(correlations, abs=1e-4)


def test_the_profile_agrees_with_stumpy() -> None:
    values = walk(220, 3)
    windows = series(values, length=12)
    # In another process and without its compiler, which needs half a minute. Its exclusion zone is set to ours.
    code = (
        "import sys, json, warnings; warnings.simplefilter('ignore'); import numpy as np, stumpy\n"
        "stumpy.config.STUMPY_EXCL_ZONE_DENOM = 2\n"
        "profile = stumpy.stump(np.array(json.loads(sys.stdin.read())), 12)\n"
        "print(json.dumps([[float(row[0]), int(row[1])] for row in profile]))\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], input=str(values.tolist()), capture_output=True, text=True, check=True, timeout=120,
        env={"NUMBA_DISABLE_JIT": "1", "PATH": "", "HOME": "/nonexistent"},
    )  # fmt: skip

    profile = matrix_profile(windows, np.arange(len(windows)))

    theirs = np.array(json.loads(answer.stdout))
    ours = np.sqrt(np.maximum(2 * 12 * (1 - profile.correlation.astype(np.float64)), 0))
    assert ours == pytest.approx(theirs[:, 0], abs=0.01)
    assert (profile.neighbour == theirs[:, 1]).mean() > 0.98


def planted(seed: int = 5) -> np.ndarray:
    """A walk that holds the same double bump at candles 60 and 200."""
    values = walk(300, seed)
    bump = 0.2 * np.sin(np.linspace(0, 4 * np.pi, 24)) * np.linspace(1, 2, 24)
    for at in (60, 200):
        values[at : at + 24] = values[at - 1] + bump
    return values


def test_a_planted_shape_is_the_first_motif() -> None:
    windows = series(planted(), length=24)

    (motif,) = find_motifs(
        windows,
        matrix_profile(windows, np.arange(len(windows))),
        known=np.empty((0, 24), np.float32),
        min_correlation=0.9,
        limit=1,
    )

    assert float(motif @ windows.unit[60]) > 0.99
    assert float(motif @ windows.unit[200]) > 0.99


def test_a_shape_that_is_known_is_not_found_again() -> None:
    windows = series(planted(), length=24)
    profile = matrix_profile(windows, np.arange(len(windows)))
    known = windows.unit[[60]]

    motifs = list(find_motifs(windows, profile, known=known, min_correlation=0.9, limit=5))

    assert all(float(motif @ known[0]) < 0.9 for motif in motifs)
    assert all(float(a @ b) < 0.9 for i, a in enumerate(motifs) for b in motifs[:i])


def test_an_occurrence_is_the_first_window_of_a_run_that_matches() -> None:
    windows = series(planted(), length=24)
    shape = windows.unit[60]
    matching = np.flatnonzero(windows.unit @ shape >= 0.9)

    (found,) = find_matches(windows, shape[None], 0.9)

    assert found.tolist() == [min(k for k in matching if k > 30), min(k for k in matching if k > 170)]


def test_more_windows_than_can_be_compared_are_thinned_evenly() -> None:
    query = spread_out(np.arange(25_873))

    assert len(query) <= MAX_QUERIES
    assert set(np.diff(query).tolist()) == {13}
    assert spread_out(np.arange(288)).tolist() == list(range(288))


def test_distance_and_correlation_say_the_same() -> None:
    windows = series(walk(40, 9))
    first, last = (row * sqrt(12) for row in windows.unit[[0, -1]])  # z-normalised

    correlation = float(windows.unit[0] @ windows.unit[-1])

    assert np.linalg.norm(first - last) == pytest.approx(sqrt(2 * 12 * (1 - correlation)), rel=1e-4)
