"""Pattern libraries in the database."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from coin_models.clock import FixedClock
from coin_models.trading.pattern_repository import PatternRepository
from coin_models.trading.patterns.library import Library
from coin_models.trading.patterns.update import update_library
from coin_models_tests.trading.builders import DAY, NOW
from coin_models_tests.trading.database import open_in
from coin_models_tests.trading.patterns.markets import HORIZON, SETTINGS, market


def test_a_library_is_stored_as_a_whole_and_replaced_as_a_whole(tmp_path: Path) -> None:
    database = open_in(tmp_path)
    repository = PatternRepository(database, FixedClock(NOW))
    library = update_library(None, DAY, market(bumps=True), SETTINGS, length=24, horizon=HORIZON)
    before = replace(library, patterns=library.patterns, nearest=())

    for one in (before, library):
        with database.begin() as connection:
            repository.replace(connection, one)

    assert repository.load(DAY) == library
    assert repository.newest() == library
    assert repository.newest(before=DAY) is None


def test_a_day_without_a_library_is_empty_and_no_newest_one(tmp_path: Path) -> None:
    repository = PatternRepository(open_in(tmp_path), FixedClock(NOW))

    assert repository.load(DAY) == Library(day=DAY, patterns=(), nearest=())
    assert repository.newest() is None


def test_replacing_a_day_leaves_the_other_days(tmp_path: Path) -> None:
    database = open_in(tmp_path)
    repository = PatternRepository(database, FixedClock(NOW))
    day_before = DAY - timedelta(days=1)
    first = update_library(None, day_before, market(upto=day_before), SETTINGS, length=24, horizon=HORIZON)
    with database.begin() as connection:
        repository.replace(connection, first)
        repository.replace(connection, Library(day=DAY, patterns=(), nearest=()))

    assert repository.load(day_before) == first
    assert repository.newest(before=DAY) == first
