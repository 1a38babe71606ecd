"""Opening a home: the same market, a matching database and store, and nothing created by reading."""

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from coin_models.clock import FixedClock
from coin_models.dev_stack.stack import StackAccess
from coin_models.errors import NoHome, NotTogether, OtherMarket
from coin_models.home.market import market_of
from coin_models.home.opening import Home, adopt, check_home, has_database, require_home
from coin_models.home.records import (
    HomeRecord,
    read_database_record,
    read_store_record,
    write_database_record,
    write_store_record,
)
from coin_models.market.candles import Candles
from coin_models.market.codec import encode_day
from coin_models.market.sources.demo import DemoSource
from coin_models.market.timeframe import parse_timeframe
from coin_models.pipeline.services import open_services
from coin_models.registry.registry import Registry
from coin_models.settings.market import MarketSettings
from coin_models.settings.root import Settings
from coin_models.storage import keys
from coin_models.storage.local import LocalStore
from coin_models.storage.memory import MemoryStore
from coin_models_tests.backends import Backend, fresh_database, stack_settings
from coin_models_tests.registry import builders

_DAY = date(2024, 8, 15)
_CLOCK = FixedClock(datetime(2024, 8, 16, 12, tzinfo=UTC))
_DEMO = DemoSource(7, parse_timeframe("5m"), _CLOCK)


@pytest.fixture
def home(backend: Backend) -> Iterator[Home]:
    """Empty places on both back ends."""
    database = backend.open_database()
    yield Home(settings=backend.settings, database=database, store=backend.build_store())
    database.close()


def _open(home: Home, *, may_write: bool = True) -> None:
    check_home(home, may_write=may_write, source=lambda: _DEMO)


def _publish(home: Home) -> None:
    Registry(home.database, home.store).publish(builders.bundle(), lease=None)


def _of(home: Home, market: MarketSettings) -> Home:
    return replace(home, settings=home.settings.model_copy(update={"market": market}))


def _with_empty_store(home: Home) -> Home:
    return replace(home, store=MemoryStore())


def test_at_birth_both_get_one_id_and_the_market(home: Home) -> None:
    _open(home)
    in_store, in_database = read_store_record(home.store), read_database_record(home.database)

    assert in_store is not None
    assert in_database is not None
    assert in_store.home_id == in_database.home_id
    assert in_store.market == in_database.market == market_of(home.settings)


def test_opening_again_changes_nothing(home: Home) -> None:
    _open(home)
    before = read_store_record(home.store)
    _open(home)

    assert read_store_record(home.store) == before


def test_another_market_is_refused_with_both_names(home: Home) -> None:
    _open(home)

    with pytest.raises(OtherMarket, match=r"'demo \(made up\), USDT, 5m'.*'demo \(made up, seed 8\), USDT, 5m'"):
        _open(_of(home, MarketSettings(demo_seed=8)), may_write=False)


def test_a_database_of_another_market_is_refused_over_an_empty_store(home: Home) -> None:
    _open(home)

    with pytest.raises(OtherMarket, match="holds the market"):
        _open(_of(_with_empty_store(home), MarketSettings(demo_seed=8)))


def test_a_new_empty_store_under_a_database_with_models_is_refused(home: Home) -> None:
    _open(home)
    _publish(home)

    with pytest.raises(NotTogether, match=r"lists published models, and the store memory: is empty.*home adopt"):
        _open(_with_empty_store(home))


def test_the_same_is_refused_in_a_home_of_the_version_before(home: Home) -> None:
    _publish(home)

    with pytest.raises(NotTogether, match="lists published models"):
        _open(_with_empty_store(home), may_write=False)


def test_a_new_empty_database_beside_a_store_with_models_is_refused(home: Home, tmp_path: Path) -> None:
    _publish(home)
    with open_services(Settings(home=tmp_path / "fresh"), create=True) as fresh:
        moved = replace(home, database=fresh.database)
        with pytest.raises(NotTogether):
            _open(moved)


def test_ids_that_differ_are_refused_and_name_both_places(home: Home) -> None:
    _open(home)
    other = HomeRecord(home_id="f" * 32, market=market_of(home.settings), store_url="s3://elsewhere")
    write_database_record(home.database, other, replace=True)

    with pytest.raises(NotTogether, match=r"belongs to another store, which was s3://elsewhere, not to"):
        _open(home, may_write=False)


def _store_as_the_version_before(home: Home, candles: Candles) -> None:
    home.store.put(keys.legacy_candle_day("5m", "BTC", _DAY), encode_day(candles))


def test_a_home_of_the_version_before_is_given_its_records(home: Home) -> None:
    _publish(home)
    _store_as_the_version_before(home, _DEMO.fetch("BTC", _DAY, _DAY))
    _open(home)

    assert read_store_record(home.store) is not None
    assert read_database_record(home.database) is not None


def test_a_home_of_the_version_before_with_other_candles_is_refused(home: Home) -> None:
    _store_as_the_version_before(home, builders.candles(288, first=_DAY))

    with pytest.raises(OtherMarket, match=r"holds candles of another market .* BTC closed at"):
        _open(home)
    assert read_store_record(home.store) is None


def test_reading_writes_no_record(home: Home) -> None:
    _publish(home)
    _open(home, may_write=False)

    assert read_store_record(home.store) is None
    assert read_database_record(home.database) is None


def test_a_kill_between_the_two_records_is_made_good(home: Home) -> None:
    record = HomeRecord(home_id="a" * 32, market=market_of(home.settings))
    write_database_record(home.database, record)
    _open(home)
    in_store = read_store_record(home.store)

    assert in_store is not None
    assert in_store.home_id == "a" * 32


def test_a_restored_database_without_a_record_takes_the_stores_id(home: Home) -> None:
    _publish(home)
    write_store_record(home.store, HomeRecord(home_id="b" * 32, market=market_of(home.settings)))
    _open(home)
    in_database = read_database_record(home.database)

    assert in_database is not None
    assert in_database.home_id == "b" * 32


def test_many_first_runs_at_once_agree_on_one_id(backend: Backend) -> None:
    def first_run(_number: int) -> str:
        with open_services(backend.settings, create=True) as services:
            records = read_store_record(services.store), read_database_record(services.database)
            assert None not in records
            return "/".join(record.home_id for record in records if record is not None)

    with ThreadPoolExecutor(6) as threads:
        ids = set(threads.map(first_run, range(6)))

    assert len(ids) == 1
    assert len(set(ids.pop().split("/"))) == 1


def test_adopting_joins_a_database_and_an_empty_store(home: Home) -> None:
    _open(home)
    _publish(home)
    moved = _with_empty_store(home)
    done = adopt(moved, lambda: _DEMO)
    _open(moved)

    assert "are one home now" in done[0]
    assert any("lists models that the store lacks" in sentence for sentence in done)


def test_adopting_writes_the_settings_market_down(home: Home) -> None:
    _open(home)
    moved = _of(home, MarketSettings(demo_seed=8))
    done = adopt(moved, lambda: _DEMO)
    _open(moved)

    assert "market: demo (made up, seed 8), USDT, 5m (before: demo (made up), USDT, 5m)" in done


def test_adopting_refuses_a_market_that_stored_candles_contradict(home: Home) -> None:
    _store_as_the_version_before(home, builders.candles(288, first=_DAY))

    with pytest.raises(OtherMarket, match="holds candles of another market"):
        adopt(home, lambda: _DEMO)


def test_adopting_writes_a_damaged_record_anew(home: Home) -> None:
    _open(home)
    home.store.put("identity.json", b"{}")
    adopt(home, lambda: _DEMO)
    _open(home)

    assert read_store_record(home.store) is not None


def test_without_a_home_reading_is_refused_and_makes_nothing(tmp_path: Path) -> None:
    with pytest.raises(NoHome, match=f"no home at {tmp_path / 'home'}"):
        open_services(Settings(home=tmp_path / "home"), create=False)

    assert list(tmp_path.iterdir()) == []


def test_a_production_database_without_tables_is_no_home_and_gets_none(
    stack_access: StackAccess, tmp_path: Path
) -> None:
    with fresh_database(stack_access) as url:
        settings = stack_settings(
            stack_access, home=tmp_path / "home", database_url=url, prefix=f"test/{uuid.uuid4().hex}"
        )
        for _ in range(2):
            with pytest.raises(NoHome, match="nothing was trained there yet"):
                open_services(settings, create=False)

        assert not has_database(settings)


def test_services_close_what_they_opened_and_open_it_anew(tmp_path: Path) -> None:
    services = open_services(Settings(home=tmp_path), create=True)
    first = services.database
    services.close()
    services.close()

    assert services.database is not first
    services.close()


class MadeMeanwhile(LocalStore):
    """The store of a home that a first run makes after its database was looked at, before this is asked."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings.home / "store")
        self._settings = settings
        self._is_made = False

    def get(self, key: str, *, sha256: str | None = None) -> bytes:
        if not self._is_made:
            self._is_made = True
            open_services(self._settings, create=True).close()
        return super().get(key, sha256=sha256)


def test_a_home_that_a_first_run_makes_while_it_is_looked_for_is_there(tmp_path: Path) -> None:
    """Of a slow database: it was without tables when it was looked at, and the store had its record when that was."""
    settings = Settings(home=tmp_path)

    require_home(settings, MadeMeanwhile(settings))  # raises nothing

    assert has_database(settings)
