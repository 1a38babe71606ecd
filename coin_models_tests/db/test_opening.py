"""A database opens fast; one that cannot be opened is refused in a sentence that quotes no password."""

import time
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import make_url

from coin_models.db.opening import open_database
from coin_models.errors import DatabaseError
from coin_models.settings.root import Settings
from coin_models_tests.backends import Backend


@pytest.mark.parametrize(
    ("change", "advice"),
    [
        ({"password": "planted-secret"}, "password authentication failed .*check user and password in database_url"),
        ({"database": "none_of_ours"}, '"none_of_ours" does not exist; check the names in database_url'),
    ],
)
def test_a_url_that_the_server_refuses_is_not_tried_again_and_not_told(
    stack: Backend, tmp_path: Path, change: dict[str, str], advice: str
) -> None:
    assert stack.settings.database_url is not None
    url = make_url(stack.settings.database_url.get_secret_value()).set(**change)  # type: ignore[arg-type]
    settings = Settings(home=tmp_path, source="demo", database_url=SecretStr(url.render_as_string(hide_password=False)))

    with pytest.raises(DatabaseError, match=advice) as caught:
        open_database(settings)
    assert not caught.value.transient
    assert str(url.password) not in str(caught.value)


def test_a_url_that_cannot_be_read_is_refused_without_quoting_it(tmp_path: Path) -> None:
    settings = Settings(
        home=tmp_path, source="demo", database_url=SecretStr("postgresql://user:planted-secret@host:port/name")
    )

    with pytest.raises(DatabaseError, match="cannot be read: expected postgresql://user:password@host") as caught:
        open_database(settings)
    assert "planted-secret" not in f"{caught.value!r} {caught.value.__cause__!r}"


def test_a_home_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(DatabaseError, match=r"could not create the home folder .*file/home"):
        open_database(Settings(home=tmp_path / "file" / "home"))


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "coin_models.db").write_bytes(b"no database at all" * 100)

    with pytest.raises(DatabaseError, match="not a database; move the file away"):
        open_database(Settings(home=tmp_path))


def test_an_up_to_date_database_opens_within_50_ms(tmp_path: Path) -> None:
    open_database(Settings(home=tmp_path)).close()
    seconds = []
    for _ in range(5):
        started = time.perf_counter()
        open_database(Settings(home=tmp_path)).close()
        seconds.append(time.perf_counter() - started)

    assert min(seconds) < 0.05
