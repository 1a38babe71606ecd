"""Where settings come from: the file in parent folders, the home next to it, unusual texts."""

import contextlib
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

from coin_models.errors import SettingsError
from coin_models.settings.load import effective_settings, is_named, load_settings
from coin_models.settings.places import cleaned, find_home, find_settings_file
from coin_models.settings.root import Settings
from coin_models_tests.settings.environments import environment, refusal


def _types(name: str) -> tuple[object, ...]:
    """What a setting's annotation is made of."""
    model: type[BaseModel] = Settings
    for part in name.split(".")[:-1]:
        model = model.model_fields[part].annotation  # type: ignore[assignment]
    annotation = model.model_fields[name.rpartition(".")[2]].annotation
    return (annotation, *get_args(annotation))


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
        ("\u201c/data/home\u201d", "/data/home"),
        ("\ufeff/data/home", "/data/home"),
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
        "COIN_MODELS_INTERRUPTION_NOTICE_FILE": "~/notice",
    }
    with environment(tmp_path, variables):
        loaded = load_settings()

    assert (loaded.home, loaded.store_url) == (Path("/of/me/coins"), "/of/me/store")
    assert loaded.market.files_path == Path("/of/me/candles")
    assert loaded.interruption.notice_file == Path("/of/me/notice")


def test_every_setting_that_is_a_path_takes_a_tilde_and_is_relative_to_its_file(tmp_path: Path) -> None:
    paths = [row.name for row in effective_settings(Settings()) if Path in _types(row.name)]
    toml = "".join(f'{name} = "~/x"\n' if "." not in name else "" for name in paths) + "".join(
        f'[{name.partition(".")[0]}]\n{name.partition(".")[2]} = "x"\n' for name in paths if "." in name
    )
    with environment(tmp_path, {"HOME": "/of/me"}, toml):
        shown = {row.name: row.value for row in effective_settings(load_settings())}

    assert paths == ["home", "market.files_path", "interruption.notice_file"]
    assert {name: shown[name] for name in paths} == {
        name: str(tmp_path / "x") if "." in name else "/of/me/x" for name in paths
    }


@pytest.mark.parametrize(
    ("home", "message"),
    [
        ("$HOME/coins", "begins with a variable, which is not replaced"),
        ("${HOME}/coins", "begins with a variable"),
        ("%USERPROFILE%/coins", "begins with a variable"),
        ("C:\\coins", "is a Windows path"),
        ("s3://bucket/home", "is a URL; it must be a folder"),
        ("file:///data/home", "is a URL; it must be a folder"),
    ],
)
@pytest.mark.parametrize("is_in_file", [False, True])
def test_a_home_that_would_become_a_folder_of_a_literal_name_is_refused(
    tmp_path: Path, home: str, message: str, is_in_file: bool
) -> None:
    variables, toml = ({}, f"home = '{home}'\n") if is_in_file else ({"COIN_MODELS_HOME": home}, None)

    assert message in refusal(tmp_path, variables, toml)


@pytest.mark.parametrize("name", ["100% x%20y", "a?b=c", "#1", "Münzen 币", "50%", "a$b"])
def test_a_home_may_have_any_sign_that_a_folder_may_have(tmp_path: Path, name: str) -> None:
    with environment(tmp_path, {"COIN_MODELS_HOME": str(tmp_path / name)}):
        assert load_settings().home == tmp_path / name


def test_a_byte_order_mark_before_a_variables_name_is_told(tmp_path: Path) -> None:
    message = refusal(tmp_path, {"\ufeffCOIN_MODELS_QUOTE": "EUR"})

    assert "an invisible or other sign stands before the name" in message


def test_a_control_character_within_a_value_is_refused_without_quoting_it(tmp_path: Path) -> None:
    url = "postgresql://me:se\ncret@host/name"
    message = refusal(tmp_path, {"COIN_MODELS_DATABASE_URL": url, "COIN_MODELS_SOURCE": "demo"})

    assert "database_url: it holds a line end or another control character" in message
    assert "cret" not in message


def test_a_file_in_another_encoding_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "coin_models.toml").write_bytes('universe = ["BTC"]\r\n'.encode("utf-16"))

    assert "save it as UTF-8" in refusal(tmp_path)


def test_a_tilde_of_an_unknown_user_is_refused(tmp_path: Path) -> None:
    message = refusal(tmp_path, {"COIN_MODELS_HOME": "~no-such-user/coins"})

    assert "home: '~no-such-user/coins': the home folder of ~no-such-user is not known" in message


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
    "home", ["'", "\"/data/x'", '/data/x"', "$(pwd)/x", "`pwd`/x", "/data/$USER/x", "/data/${USER}/x"]
)
def test_half_a_pair_of_quotes_and_what_a_shell_would_replace_make_no_folder(tmp_path: Path, home: str) -> None:
    message = refusal(tmp_path, {"COIN_MODELS_HOME": home})

    assert "home: " in message
    assert "write the path" in message


def test_an_infinite_amount_is_no_setting(tmp_path: Path) -> None:
    assert "finite" in refusal(tmp_path, {"COIN_MODELS_MARKET_MIN_DAILY_TURNOVER": "inf"})
