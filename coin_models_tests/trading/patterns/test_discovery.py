"""Matrix profile, motifs, occurrences."""

import json
import subprocess
import sys
from math import sqrt

import numpy as np
import pytest

from coin_models.trading.patterns.discovery import find_matches, find_motifs, matrix_profile, spread_out
from coin_models.trading.patterns.windows import CoinWindows
from coin_models_tests.trading.patterns.series import series, walk


def brute_force(windows: CoinWindows) -> list[tuple[int, float]]:
    """The definition: for each window the most correlated one that starts more than half a window away."""
    nearest = []
    for i in range(len(windows)):
        far = [j for j in range(len(windows)) if abs(i - j) > windows.length // 2]
        correlations = [float(np.corrcoef(windows.unit[i], windows.unit[j])[0, 1]) for j in far]
        best = int(np.argmax(correlations))
        nearest.append((far[best], correlations[best]))
    return nearest


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
    library = windows.unit[[60]]

    motifs = list(find_motifs(windows, profile, known=library, min_correlation=0.9, limit=5))

    assert all(float(motif @ library[0]) < 0.9 for motif in motifs)
    assert all(float(a @ b) < 0.9 for i, a in enumerate(motifs) for b in motifs[:i])


def test_an_occurrence_is_the_first_window_of_a_run_that_matches() -> None:
    windows = series(planted(), length=24)
    shape = windows.unit[60]
    matching = np.flatnonzero(windows.unit @ shape >= 0.9)

    (occurrences,) = find_matches(windows, shape[None], 0.9)

    assert occurrences.tolist() == [min(k for k in matching if k > 30), min(k for k in matching if k > 170)]


def test_more_windows_than_can_be_compared_are_thinned_evenly() -> None:
    query = spread_out(np.arange(25_873), 2048)

    assert len(query) <= 2048
    assert set(np.diff(query).tolist()) == {13}
    assert spread_out(np.arange(288), 2048).tolist() == list(range(288))


def test_distance_and_correlation_say_the_same() -> None:
    windows = series(walk(40, 9))
    first, last = (row * sqrt(12) for row in windows.unit[[0, -1]])  # z-normalised

    correlation = float(windows.unit[0] @ windows.unit[-1])

    assert np.linalg.norm(first - last) == pytest.approx(sqrt(2 * 12 * (1 - correlation)), rel=1e-4)
