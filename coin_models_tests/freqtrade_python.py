"""The Python of an environment that has freqtrade and this project: `make freqtrade` makes one and names it."""

import os

import pytest

_VARIABLE = "COIN_MODELS_TESTS_FREQTRADE_PYTHON"
_NAMED = os.environ.get(_VARIABLE)  # read here: no test sees COIN_MODELS_ variables


def python_with_freqtrade() -> str:
    """Its path; the test is skipped where none is named."""
    if _NAMED is None:
        pytest.skip(f"{_VARIABLE} names no Python with freqtrade; `make freqtrade` makes one")
    return _NAMED
