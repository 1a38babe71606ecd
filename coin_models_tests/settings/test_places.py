"""Where settings come from: the file upwards, the home beside it, texts as people's files have them."""

import contextlib
from pathlib import Path

import pytest

from coin_models.errors import SettingsError
from coin_models.settings.load import is_named, load_settings
from coin_models.settings.places import cleaned, find_home, find_settings_file
from coin_models_tests.settings.environments import environment, refusal


def _folders(root: Path) -> Path:
    inner = root / "a" / "b"
    inner.mkdir(parents=True)
    return inner


def test_the_file_is_found_in_a_folder_above(tmp_path: Path) -> None:
    inner = _folders(tmp_path)
    with environment(tmp_path, toml='quote = "USDC"\n'), contextlib.chdir(inner):
        loaded = load_settings()

    assert loaded.quote == "USDC"
    assert loaded.home == tmp_path / ".coin_models"


def test_the_nearest_file_wins(tmp_path: Path) -> None:
    inner = _folders(tmp_path)
    for folder in (tmp_path, inner.parent):
        (folder / "coin_models.toml").touch()

    assert find_settings_file(inner) == inner.parent / "coin_models.toml"


def test_relative_folders_in_the_file_are_relative_to_the_file(tmp_path: Path) -> None:
    toml = 'home = "data/home"\nsource = "files"\nstore_url = "data/store"\n[market]\nfiles_path = "candles"\n'
    inner = _folders(tmp_path)
    with environment(tmp_path, toml=toml), contextlib.chdir(inner):
        loaded = load_settings()

    assert loaded.home == tmp_path / "data/home"
    assert loaded.store_url == str(tmp_path / "data/store")
    assert loaded.market.files_path == tmp_path / "candles"


def test_a_relative_home_in_the_environment_is_relative_to_the_working_folder(tmp_path: Path) -> None:
    inner = _folders(tmp_path)
    with environment(tmp_path, {"COIN_MODELS_HOME": "here"}, 'home = "there"\n'), contextlib.chdir(inner):
        loaded = load_settings()

    assert loaded.home == inner / "here"


def test_without_a_file_the_nearest_home_upwards_is_used(tmp_path: Path) -> None:
    inner = _folders(tmp_path)
    (tmp_path / "a" / ".coin_models").mkdir()

    assert find_home(inner) == tmp_path / "a" / ".coin_models"


def test_without_file_and_home_the_home_would_be_in_the_working_folder(tmp_path: Path) -> None:
    assert find_home(tmp_path) == tmp_path / ".coin_models"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ('"/data/home"', "/data/home"),
        ("'/data/home'", "/data/home"),
        ("/data/home\r", "/data/home"),
        ('"/data/home"\r', "/data/home"),
        ('"BTC","ETH"', '"BTC","ETH"'),
        ('"', '"'),
        ("it's", "it's"),
    ],
)
def test_a_carriage_return_and_one_pair_of_quotes_are_not_part_of_a_text(text: str, meant: str) -> None:
    assert cleaned(text) == meant


def test_every_item_of_a_list_is_cleaned(tmp_path: Path) -> None:
    with environment(tmp_path, {"COIN_MODELS_UNIVERSE": '"BTC","ETH"\r'}):
        loaded = load_settings()

    assert loaded.universe == ("BTC", "ETH")


def test_nothing_but_quotes_counts_as_unset(tmp_path: Path) -> None:
    with environment(tmp_path, {"COIN_MODELS_QUOTE": '""\r', "COIN_MODELS_MARKET_EXCHANGE": "''"}):
        loaded = load_settings()

    assert (loaded.quote, loaded.market.exchange) == ("USDT", "binance")


def test_a_tilde_is_the_users_home_in_every_path(tmp_path: Path) -> None:
    variables = {
        "HOME": "/of/me",
        "COIN_MODELS_HOME": '"~/coins"',
        "COIN_MODELS_STORE_URL": "~/store",
        "COIN_MODELS_MARKET_FILES_PATH": "~/candles",
    }
    with environment(tmp_path, variables):
        loaded = load_settings()

    assert (loaded.home, loaded.store_url) == (Path("/of/me/coins"), "/of/me/store")
    assert loaded.market.files_path == Path("/of/me/candles")


def test_a_tilde_of_an_unknown_user_is_refused(tmp_path: Path) -> None:
    said = refusal(tmp_path, {"COIN_MODELS_HOME": "~no-such-user/coins"})

    assert "home: '~no-such-user/coins': the home folder of ~no-such-user is not known" in said


def test_a_home_whose_dagster_would_not_find_its_files_is_refused(tmp_path: Path) -> None:
    assert "/[x]' has a '['" in refusal(tmp_path, {"COIN_MODELS_HOME": "/[x]"})


def test_a_file_with_a_byte_order_mark_and_carriage_returns_is_read(tmp_path: Path) -> None:
    with environment(tmp_path):
        (tmp_path / "coin_models.toml").write_bytes(b'\xef\xbb\xbfuniverse = ["BTC"]\r\n')
        loaded = load_settings()

    assert loaded.universe == ("BTC",)


def test_a_file_that_cannot_be_read_is_named_with_its_path(tmp_path: Path) -> None:
    assert f"{tmp_path / 'coin_models.toml'} cannot be read" in refusal(tmp_path, toml="universe = [")


def test_whether_a_setting_is_named_is_asked_of_environment_and_file(tmp_path: Path) -> None:
    with environment(tmp_path, {"COIN_MODELS_QUOTE": '""'}, 'source = "demo"\n'):
        named = {name: is_named(name) for name in ("source", "quote", "timeframe")}

    assert named == {"source": True, "quote": False, "timeframe": False}


def test_a_broken_file_is_a_sentence_for_who_asks_what_is_named(tmp_path: Path) -> None:
    with (
        environment(tmp_path, toml="source = ["),
        pytest.raises(SettingsError, match=r"coin_models.toml cannot be read"),
    ):
        is_named("source")


@pytest.mark.parametrize(
    "variables",
    [
        {"COIN_MODELS_DATABASE_URL": "postgresql://me:secret@host/name"},
        {"COIN_MODELS_STORE_URL": "s3://bucket"},
    ],
)
def test_a_production_setting_without_a_source_is_refused(tmp_path: Path, variables: dict[str, str]) -> None:
    said = refusal(tmp_path, variables)
    with environment(tmp_path, variables, 'source = "demo"\n'):
        named = load_settings()

    assert "source (COIN_MODELS_SOURCE) must be named" in said
    assert "secret" not in said
    assert named.source == "demo"


def test_an_invalid_source_is_not_called_missing_as_well(tmp_path: Path) -> None:
    said = refusal(tmp_path, {"COIN_MODELS_STORE_URL": "s3://bucket", "COIN_MODELS_SOURCE": "kraken"})

    assert "1 problem(s)" in said
