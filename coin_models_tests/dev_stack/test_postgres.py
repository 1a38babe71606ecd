"""The local stack's PostgreSQL."""

from pathlib import Path

import psutil
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from coin_models.dev_stack.postgres import PostgresServer, create_database
from coin_models.dev_stack.stack import LocalStack, StackAccess


def test_postgres_does_not_run_as_root(stack_access: StackAccess, stack_folder: Path) -> None:
    pid = LocalStack(stack_folder).status()[0].pid

    assert psutil.Process(pid).uids().effective != 0


def test_a_database_is_created_once(stack_access: StackAccess) -> None:
    for _ in range(2):
        create_database(stack_access.postgres_port, stack_access.postgres_password, 'odd "name"')

    url = make_url(stack_access.database_url).set(database='odd "name"', drivername="postgresql+psycopg2")
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT current_database()")).scalar_one() == 'odd "name"'


def test_a_server_that_runs_is_not_started_again(stack_access: StackAccess, stack_folder: Path) -> None:
    server = PostgresServer(stack_folder, durable=False)
    before = server.process.pid

    server.up(port=stack_access.postgres_port, password="not looked at")

    assert before is not None
    assert server.process.pid == before
    assert not (stack_folder / "postgres.password").exists()
