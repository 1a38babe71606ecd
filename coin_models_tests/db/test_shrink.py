"""An SQLite file of which much is free is rewritten; any other is left alone."""

import logging
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text

from coin_models.db.shrink import shrink
from coin_models_tests.backends import Backend


def filled(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 0.1})
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE t (x BLOB)"))
        connection.execute(text("INSERT INTO t VALUES (:x)"), [{"x": bytes(4000)}] * 200)
    return engine


def test_the_file_loses_the_bytes_of_what_was_removed(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    engine = filled(path)
    before = path.stat().st_size
    assert shrink(engine) == 0
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM t WHERE rowid % 2 = 0"))

    lost = shrink(engine)

    assert lost == before - path.stat().st_size > before * 0.4


def test_a_file_in_use_is_left_with_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    engine = filled(tmp_path / "a.db")
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM t"))
    with engine.begin() as connection, caplog.at_level(logging.WARNING):
        connection.execute(text("INSERT INTO t VALUES (1)"))

        assert shrink(engine) == 0
    assert "the next prune tries again" in caplog.text


def test_a_servers_database_is_left_to_the_server(stack: Backend) -> None:
    database = stack.open_database()

    assert shrink(database.engine) == 0
    database.close()
