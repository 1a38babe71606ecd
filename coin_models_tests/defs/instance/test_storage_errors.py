"""An error of Dagster's storage becomes one of ours, in a sentence without a secret."""

import sqlite3
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy.exc import OperationalError

from coin_models.defs.instance.storage_errors import storage_explained
from coin_models.errors import DatabaseError, DatabaseUnavailable, NoHome
from coin_models.settings.root import Settings

EMBEDDED = Settings(home=Path("/the/home"))
PRODUCTION = EMBEDDED.model_copy(update={"database_url": SecretStr("postgresql://me:hunter2@db.example/coins")})


class TooManyRetries(Exception):
    """As Dagster's own, around the driver's error."""


def met(text: str) -> OperationalError:
    return OperationalError("SELECT * FROM runs WHERE secret = 'x'", {}, sqlite3.OperationalError(text))


def meet(settings: Settings, error: Exception, around: Exception | None) -> None:
    """An error of the driver, or one around it, where storage is explained."""
    with storage_explained(settings):
        if around is None:
            raise error
        raise around from error


def explained(settings: Settings, error: Exception, *, around: Exception | None = None) -> str:
    with pytest.raises(DatabaseError) as caught:
        meet(settings, error, around)
    return str(caught.value)


def test_a_database_that_cannot_be_opened_is_a_sentence_with_its_place_and_without_sql() -> None:
    message = explained(EMBEDDED, met("unable to open database file"))

    assert "/the/home/dagster" in message
    assert "SELECT" not in message


def test_dagsters_own_error_is_explained_by_the_drivers_error_behind_it() -> None:
    direct = explained(EMBEDDED, met("unable to open database file"))

    assert explained(EMBEDDED, met("unable to open database file"), around=TooManyRetries("DB connection")) == direct


def test_the_password_of_the_database_is_not_told() -> None:
    message = explained(PRODUCTION, met("connection refused"))

    assert "db.example" in message
    assert "hunter2" not in message


def test_a_database_that_may_answer_later_is_unavailable() -> None:
    with pytest.raises(DatabaseUnavailable), storage_explained(PRODUCTION):
        raise met("connection refused")


@pytest.mark.parametrize("error", [ValueError("not a matter of storage"), NoHome("nothing was trained there yet")])
def test_other_errors_pass_as_they_are(error: Exception) -> None:
    with pytest.raises(type(error)) as passed, storage_explained(EMBEDDED):
        raise error

    assert passed.value is error
