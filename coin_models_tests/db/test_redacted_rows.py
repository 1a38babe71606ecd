"""No engine of a process that knows secrets writes one: by name, by place, one row or many."""

import pytest
from sqlalchemy import Column, Engine, Integer, MetaData, String, Table, create_engine, insert, select

from coin_models.db.redacted_rows import redact_rows
from coin_models.redaction import keep_secret

_KEY = "hunter2hunter2"
_TEXTS = Table("texts", MetaData(), Column("id", Integer, primary_key=True), Column("text", String))


@pytest.fixture
def engine() -> Engine:
    redact_rows()
    redact_rows()
    engine = create_engine("sqlite://")
    _TEXTS.create(engine)
    return engine


def _texts(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.execute(select(_TEXTS.c.text)).scalars())


def test_one_row_and_many_are_written_without_the_secret(engine: Engine) -> None:
    keep_secret([_KEY])
    with engine.begin() as connection:
        connection.execute(insert(_TEXTS).values(text=f"one {_KEY}"))
        connection.execute(insert(_TEXTS), [{"text": f"two {_KEY}"}, {"text": None}])
        connection.exec_driver_sql("INSERT INTO texts (text) VALUES (?)", (f"three {_KEY}",))

    assert _texts(engine) == ["one ***", "two ***", None, "three ***"]


def test_without_secrets_nothing_is_changed(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(insert(_TEXTS).values(text=_KEY))

    assert _texts(engine) == [_KEY]
