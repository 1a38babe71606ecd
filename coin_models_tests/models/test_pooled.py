"""The mean of references: of log widths and quantiles, whatever each is standardised by."""

from dataclasses import replace

import numpy as np
import pytest

from coin_models.models.pooled import pooled_reference
from coin_models.models.reference import Reference
from coin_models_tests.registry import builders


def reference(seed: int) -> Reference:
    random = np.random.default_rng(seed)
    num_inputs = builders.table().x.shape[1] + builders.table().width.shape[1]
    return Reference(
        center=random.normal(0, 0.3, num_inputs).astype(np.float32),
        scale=random.uniform(0.8, 1.5, num_inputs).astype(np.float32),
        coefficients=random.normal(0, 0.02, num_inputs).astype(np.float32),
        intercept=random.normal(0, 0.1, 1).astype(np.float32),
        quantiles=np.sort(random.normal(0, 1, 3)).astype(np.float32),
    )


def log_widths(one: Reference) -> np.ndarray:
    unit = replace(one, quantiles=np.ones(1, np.float32))
    rows = np.arange(900, 1000)
    widths: np.ndarray = np.log(unit.scaled_quantiles(builders.table(), rows)[:, 0])
    return widths


def test_the_log_width_and_the_quantiles_of_the_pool_are_the_mean_of_its_references() -> None:
    references = [reference(seed) for seed in range(4)]

    pool = pooled_reference(references)

    np.testing.assert_allclose(log_widths(pool), np.mean([log_widths(one) for one in references], axis=0), atol=2e-5)
    np.testing.assert_allclose(pool.quantiles, np.mean([one.quantiles for one in references], axis=0), atol=1e-6)


def test_a_pool_of_one_reference_is_that_reference() -> None:
    one = reference(1)

    pool = pooled_reference([one])

    for name, tensor in pool.tensors().items():
        np.testing.assert_allclose(tensor, one.tensors()[name], rtol=1e-6)


def test_a_pool_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="a pool of no references"):
        pooled_reference([])
