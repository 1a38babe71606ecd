"""A home that lives for long: every table's growth has a bound, and memory grows by what is stored alone.

COIN_MODELS_TESTS_DAYS sets how many days `make proof` lives through.
"""

import os

import pytest

from coin_models.simulation.long_run import DaysEnd, live_for
from coin_models.simulation.market import COINS

NUM_DAYS = int(os.environ.get("COIN_MODELS_TESTS_DAYS", "60"))
NUM_COINS = len(COINS)
MIB = 2**20

FLAT = {
    "candle_files": 0,  # a row per file of candles
    "control_plane": 0,  # one row, of a fleet
    "identity": 1,
    "leases": 60,  # those that ended a week ago are removed every six hours
    "removals": 0,  # a row per `coin-models prune`
    "workers": 0,  # of a fleet
}
"""Most rows of tables that do not grow with the days."""

A_DAY = {
    "attempts": 2 * NUM_COINS,  # one per coin and parent, one more after a kill
    "candle_months": NUM_COINS / 28,
    "champion_decisions": NUM_COINS,
    "derived_days": NUM_COINS + 2,
    "forecast_days": NUM_COINS,
    "model_versions": NUM_COINS + 1,
    "outbox": 3,
    "pattern_matches": 12,
    "patterns": 15,  # the library of each day, until shapes expire
    "requests": 1,
    "sessions": 2,
    "shadow_days": 2 * NUM_COINS,
    "shadow_trades": 8 * NUM_COINS,
}
"""Most rows that a day adds."""

OBJECTS_A_DAY = {
    "candles": NUM_COINS,
    "forecasts": NUM_COINS,
    "models": 2 * (NUM_COINS + 1),  # weights and manifest
    "reports": 3,
    "decisions": 1,
    "checkpoints": 0.1,  # of a fit that was killed where another one published: removed after a week
}


def check(first: DaysEnd, last: DaysEnd) -> None:
    """Every table and folder has a bound, and keeps it."""
    days = last.number - first.number
    assert set(last.rows) == FLAT.keys() | A_DAY.keys()
    for table, most in FLAT.items():
        assert last.rows[table] <= most, table
    for table, rate in A_DAY.items():
        assert last.rows[table] - first.rows[table] <= rate * days + NUM_COINS, table
    assert set(last.objects) <= OBJECTS_A_DAY.keys()
    for folder, rate in OBJECTS_A_DAY.items():
        assert last.objects[folder] - first.objects[folder] <= rate * days + NUM_COINS, folder


def test_a_few_days_add_no_more_than_their_bounds_and_keep_every_guarantee() -> None:
    ends = list(live_for(4))

    assert [end.broken for end in ends] == [()] * 4
    check(ends[0], ends[-1])


@pytest.mark.proof
@pytest.mark.timeout(3600)
def test_many_days_add_no_more_than_their_bounds_and_memory_grows_by_what_is_stored() -> None:
    ends = list(live_for(NUM_DAYS))

    assert [end for end in ends if end.broken] == []
    check(ends[0], ends[-1])
    warm, last = ends[min(30, len(ends) - 1)], ends[-1]
    copies = 2 * (last.stored_bytes - warm.stored_bytes)  # of the day that ends and of the one that begins
    assert last.memory_bytes - warm.memory_bytes < copies + 64 * MIB
