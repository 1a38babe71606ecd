"""The paired test on block losses."""

import numpy as np
import pytest
from scipy import stats

from coin_models.trading.significance import paired_loss_test


def test_the_statistic_is_that_of_diebold_and_mariano() -> None:
    difference = np.array([1.0, -1.0] * 6) + 0.5  # n 12, mean 0.5, centred +-1: gamma 0 = 1, gamma 1 = -11/12

    test = paired_loss_test(difference, np.zeros(12))

    # Bartlett at lag 1: 1 + 2 x 1/2 x (-11/12) = 1/12, over n = 12: standard error 1/12.
    # Small-sample factor for two steps: (12 + 1 - 4 + 2/12) / 12 = 0.763889, root 0.874007.
    assert test is not None
    assert test.standard_error == pytest.approx(1 / 12)
    assert test.p_first_worse == pytest.approx(stats.t.sf(0.8740074 * 6.0, df=11))


def test_equal_losses_are_never_called_worse() -> None:
    losses = np.random.default_rng(0).uniform(0.2, 0.4, 48)

    test = paired_loss_test(losses, losses)

    assert test is not None
    assert not test.first_is_worse(0.1)


def test_losses_worse_by_a_constant_are_worse_without_a_doubt() -> None:
    losses = np.random.default_rng(0).uniform(0.2, 0.4, 48)

    test = paired_loss_test(losses + 0.25, losses)

    assert test is not None
    assert test.p_first_worse < 1e-9


def test_a_few_blocks_prove_nothing() -> None:
    assert paired_loss_test(np.ones(11), np.zeros(11)) is None


def test_pairs_with_a_missing_block_are_left_out() -> None:
    first, second = np.ones(20), np.zeros(20)
    first[:5] = np.nan
    second[18:] = np.nan

    test = paired_loss_test(first, second)

    assert test is not None
    assert test.num_blocks == 13


def test_equally_good_versions_are_called_worse_as_often_as_the_level_says() -> None:
    rng = np.random.default_rng(7)
    noise = rng.normal(0, 1, (800, 73))
    overlapping = noise[:, 1:] + noise[:, :-1]  # neighbouring blocks share errors, as forecasts one horizon long do

    tests = [paired_loss_test(row, np.zeros(72)) for row in overlapping]

    share = np.mean([test is not None and test.first_is_worse(0.10) for test in tests])
    assert 0.06 < share < 0.16  # an uncorrected t-test would say 0.18
