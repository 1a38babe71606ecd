"""Objects go after their rows, never one that a row names again, and on a real S3 server too."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from coin_models.db.schema import removals
from coin_models.errors import StoreUnavailable
from coin_models.operations.leases import coin_day_lease
from coin_models.pipeline.prune.removals import num_noted, remove_objects
from coin_models.pipeline.services import Services
from coin_models.settings.root import Settings
from coin_models.storage import keys
from coin_models_tests.backends import Backend
from coin_models_tests.pipeline.prune.old_home import TODAY, OldHome, ago


@pytest.fixture
def home(tmp_path: Path) -> OldHome:
    return OldHome(settings=Settings(home=tmp_path / "home"))


def note(services: Services, *noted: str) -> None:
    with services.database.begin() as connection:
        connection.execute(insert(removals), [{"key": key, "noted_at": TODAY} for key in noted])


def removed(services: Services) -> int:
    return sum(remove_objects(services.database, services.store, services.leases))


def test_an_object_whose_version_was_published_again_stays_and_its_note_goes(home: OldHome) -> None:
    version = home.publish("BTC", 600)
    objects = home.keys_of({version})
    note(home, *objects)

    removed(home)

    assert (home.objects(), num_noted(home.database)) == (objects, 0)


def test_forecasts_that_no_row_names_go_and_those_that_a_row_names_stay(home: OldHome) -> None:
    named, unnamed = home.forecast("BTC", 600), keys.forecast_day("BTC", ago(600), "ab" * 32)
    home.store.put(unnamed, b"bytes")
    note(home, named, unnamed)

    removed(home)

    assert (home.objects(), num_noted(home.database)) == ({named}, 0)


def test_a_coin_day_in_use_waits_for_the_next_turn(home: OldHome) -> None:
    free, busy = (keys.model_manifest(coin, ago(600), "f" * 64, "a" * 64) for coin in ("BTC", "ETH"))
    for key in (free, busy):
        home.store.put(key, b"bytes")
    note(home, free, busy)
    session = home.leases.acquire([coin_day_lease("ETH", ago(600))], "another", lifetime=timedelta(hours=1))

    removed(home)

    assert home.objects() == {busy}
    home.leases.release(session.values())
    assert (removed(home), home.objects()) == (1, set())


def test_the_manifest_goes_first_so_that_what_a_kill_leaves_is_no_damaged_version(home: OldHome) -> None:
    weights, manifest = (
        make("BTC", ago(600), "f" * 64, "a" * 64) for make in (keys.model_weights, keys.model_manifest)
    )
    for key in (weights, manifest):
        home.store.put(key, b"bytes")
    note(home, weights, manifest)

    removed(home)

    assert home.store.removed == [manifest, weights]


def test_a_store_that_fails_leaves_the_notes_for_the_next_call(home: OldHome) -> None:
    key = keys.model_weights("BTC", ago(600), "f" * 64, "a" * 64)
    home.store.put(key, b"bytes")
    note(home, key)
    home.store.is_unavailable = True
    with pytest.raises(StoreUnavailable):
        removed(home)
    home.store.is_unavailable = False

    assert num_noted(home.database) == 1
    assert (removed(home), home.objects(), num_noted(home.database)) == (1, set(), 0)


def test_more_than_a_batch_goes_on_both_back_ends(backend: Backend) -> None:
    services = Services(settings=backend.settings)
    noted = [keys.model_weights("BTC", ago(600), "f" * 64, f"{number:064x}"[::-1]) for number in range(20)]
    for key in noted[:3]:
        services.store.put(key, b"bytes")
    note(services, *noted)

    assert (removed(services), services.store.list(keys.MODELS)) == (20, [])
    services.close()
