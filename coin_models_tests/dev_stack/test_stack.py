"""The local stack: what it starts, which faults it survives, what it keeps secret."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from sqlalchemy import text

from coin_models.db.opening import open_database
from coin_models.dev_stack.stack import LocalStack, StackAccess
from coin_models.errors import StoreRefused
from coin_models.storage.factory import build_store
from coin_models_tests import backends


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[LocalStack]:
    """A stack of one's own, to be killed."""
    own = LocalStack(tmp_path / "own", durable=False)
    yield own
    own.down()


def listening(pid: int) -> set[str]:
    return {c.laddr.ip for c in psutil.Process(pid).net_connections("inet") if c.status == psutil.CONN_LISTEN}


@pytest.mark.proof
def test_what_was_written_outlives_a_kill_of_either_server_and_a_stop_of_both(
    stack: LocalStack, tmp_path: Path
) -> None:
    access = stack.up()
    settings = backends.stack_settings(access, home=tmp_path, database_url=access.database_url)
    database, store = open_database(settings), build_store(settings)
    with database.begin() as connection:
        connection.execute(text("CREATE TABLE kept (number INTEGER)"))
        connection.execute(text("INSERT INTO kept VALUES (42)"))
    store.put("kept", b"42")

    stack.postgres.process.kill()
    stack.s3.process.kill()
    assert [server.pid for server in stack.status()] == [None, None]
    assert stack.up() == access
    with database.read() as connection:
        assert connection.execute(text("SELECT number FROM kept")).scalar() == 42
    assert store.get("kept") == b"42"

    database.close()
    assert sorted(stack.down()) == ["postgres", "s3"]
    assert stack.down() == []
    assert LocalStack(tmp_path / "own", durable=False).up() == access
    assert store.get("kept") == b"42"


def test_both_servers_listen_on_loopback_alone(stack_access: StackAccess, stack_folder: Path) -> None:
    servers = LocalStack(stack_folder).status()

    assert [server.name for server in servers] == ["postgres", "s3"]
    for server in servers:
        assert server.pid is not None
        assert listening(server.pid) == {"127.0.0.1"}


def test_credentials_are_in_files_that_only_the_user_can_read(stack_access: StackAccess, stack_folder: Path) -> None:
    holders = [path for path in stack_folder.iterdir() if path.is_file() and path.suffix == ".json"]

    assert {path.name for path in holders} == {"access.json", "s3.json"}
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in holders)
    assert stat.S_IMODE(stack_folder.stat().st_mode) == 0o700


def test_no_secret_is_in_a_log_a_command_line_or_a_repr(stack_access: StackAccess, stack_folder: Path) -> None:
    secrets = (stack_access.postgres_password, stack_access.s3_secret_access_key)
    servers = LocalStack(stack_folder).status()
    texts = repr(stack_access) + repr(servers)
    texts += "".join(server.log_path.read_text(errors="replace") for server in servers)
    texts += "".join(" ".join(psutil.Process(server.pid).cmdline()) for server in servers)

    assert not [secret for secret in secrets if secret in texts]


def test_credentials_are_long_and_random(stack_access: StackAccess) -> None:
    assert len(stack_access.postgres_password) >= 32
    assert len(stack_access.s3_secret_access_key) >= 40
    assert stack_access.environment()["COIN_MODELS_DATABASE_URL"] == stack_access.database_url


def test_another_handle_finds_the_running_servers_and_starts_no_second_ones(
    stack_access: StackAccess, stack_folder: Path
) -> None:
    before = LocalStack(stack_folder).status()
    again = LocalStack(stack_folder, durable=False).up()

    assert again == stack_access
    assert LocalStack(stack_folder).status() == before


def test_a_server_whose_process_id_was_never_written_down_is_found_not_started_twice(
    stack_access: StackAccess, stack_folder: Path
) -> None:
    before = LocalStack(stack_folder).status()
    for name in ("postgres", "s3"):
        (stack_folder / f"{name}.pid").unlink()

    assert LocalStack(stack_folder, durable=False).up() == stack_access
    assert LocalStack(stack_folder).status() == before


def test_a_pid_file_of_another_process_is_not_believed(tmp_path: Path) -> None:
    stack = LocalStack(tmp_path)
    for name in ("postgres", "s3"):
        (tmp_path / f"{name}.pid").write_text(str(os.getpid()))

    assert [server.pid for server in stack.status()] == [None, None]
    assert stack.down() == []


def test_a_stack_that_was_never_started_says_so(tmp_path: Path) -> None:
    with pytest.raises(StoreRefused, match=r"no stack in .*`coin-models stack up` creates one"):
        LocalStack(tmp_path / "none").access()
    assert LocalStack(tmp_path / "none").down() == []


def test_servers_that_are_to_go_on_are_not_stopped(stack_access: StackAccess, stack_folder: Path) -> None:
    before = LocalStack(stack_folder).status()

    assert LocalStack(stack_folder).down(but=["postgres", "s3"]) == []
    assert LocalStack(stack_folder).status() == before
