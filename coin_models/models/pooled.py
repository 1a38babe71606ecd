"""The pooled reference: the mean of several coins' references, for a coin that is too young for one of its own.

Each reference is a line in its own standardised inputs; all of them are taken to one standardisation, and averaged there.
Which coins are in the pool is decided in `registry/pool.py`.
"""

from collections.abc import Sequence

import numpy as np

from coin_models.models.reference import Reference


def pooled_reference(references: Sequence[Reference]) -> Reference:
    """The reference whose log width and quantiles are the mean of these, up to where inputs are limited.

    Args:
        references: one or more, of the same inputs and quantile levels; their order matters by rounding alone.

    Raises:
        ValueError: none is given.
    """
    if not references:
        raise ValueError("a pool of no references forecasts nothing")
    centers, scales, slopes = (
        np.array([getattr(one, name) for one in references], dtype=np.float64)
        for name in ("center", "scale", "coefficients")
    )
    center = centers.mean(axis=0)
    scale = np.sqrt((scales**2).mean(axis=0) + centers.var(axis=0))
    raw = (slopes / scales).mean(axis=0)
    constants = np.array([float(one.intercept[0]) for one in references])
    at_center = (constants + ((center - centers) * slopes / scales).sum(axis=1)).mean()
    quantiles = np.array([one.quantiles for one in references], dtype=np.float64).mean(axis=0)
    return Reference(
        center=center.astype(np.float32),
        scale=scale.astype(np.float32),
        coefficients=(raw * scale).astype(np.float32),
        intercept=np.array([at_center], dtype=np.float32),
        quantiles=quantiles.astype(np.float32),
    )
