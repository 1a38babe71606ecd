"""A PostgreSQL that restarts or fails over under Dagster's storage, or that refuses it."""

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from dagster import AssetKey, AssetMaterialization, DagsterInstance, DagsterRun, DagsterRunStatus
from pydantic import SecretStr
from sqlalchemy import Engine, event, make_url, text
from sqlalchemy.pool import Pool

from coin_models.defs.credentials import export_credentials
from coin_models.defs.instance.home import open_instance
from coin_models.dev_stack.stack import StackAccess
from coin_models.errors import DatabaseError
from coin_models.settings.root import Settings
from coin_models_tests.backends import fresh_database, stack_settings
from coin_models_tests.db.failover import Failover

_MACHINES = 8


@pytest.fixture
def settings(stack_access: StackAccess, tmp_path: Path) -> Iterator[Settings]:
    """A database of its own, so that what a test does to it is felt by no other."""
    with fresh_database(stack_access) as url:
        yield stack_settings(stack_access, home=tmp_path / "home", database_url=url)


@pytest.fixture
def failover(settings: Settings) -> Failover:
    assert settings.database_url is not None
    return Failover(settings.database_url.get_secret_value())


def test_it_goes_on_through_a_failover_and_broken_connections(
    settings: Settings, failover: Failover, caplog: pytest.LogCaptureFixture
) -> None:
    with open_instance(settings) as instance:
        run = instance.add_run(DagsterRun(job_name="days"))
        with failover.read_only(seconds=1.0):
            instance.report_run_canceling(run)
        with failover.connections_ended_every(seconds=0.05), ThreadPoolExecutor(4) as pool:
            ids = list(pool.map(lambda _: instance.add_run(DagsterRun(job_name="days")).run_id, range(12)))
        statuses = {run.run_id: run.status for run in instance.get_runs()}

    assert statuses == dict.fromkeys(ids, DagsterRunStatus.NOT_STARTED) | {run.run_id: DagsterRunStatus.CANCELING}
    assert "Retrying failed database connection" not in caplog.text


@pytest.mark.parametrize("change", [{"password": "planted-secret"}, {"database": "none_of_ours"}])
def test_it_ends_at_once_in_a_sentence_where_waiting_cannot_help(settings: Settings, change: dict[str, str]) -> None:
    assert settings.database_url is not None
    url = make_url(settings.database_url.get_secret_value()).set(**change)  # type: ignore[arg-type]
    wrong = settings.model_copy(update={"database_url": SecretStr(url.render_as_string(hide_password=False))})
    began = time.monotonic()

    with pytest.raises(DatabaseError, match="check ") as caught:
        open_instance(wrong)
    assert not caught.value.transient
    assert time.monotonic() - began < 3  # Dagster by itself would have tried for 11 s
    assert "planted-secret" not in str(caught.value)


def test_a_password_and_a_name_may_have_any_sign(stack_access: StackAccess, tmp_path: Path) -> None:
    with (
        fresh_database(stack_access) as url,
        Failover(url).role(password="p%40@:/?# ü", database='odd "%/?# ü') as given,
    ):
        settings = stack_settings(stack_access, home=tmp_path, database_url=given)
        with open_instance(settings) as instance:
            runs = instance.get_runs()

    assert runs == []


def test_machines_that_are_first_on_an_empty_database_all_open_it(settings: Settings, tmp_path: Path) -> None:
    barrier = Barrier(_MACHINES)
    homes = [settings.model_copy(update={"home": tmp_path / f"machine {number}"}) for number in range(_MACHINES)]

    def open_first(own: Settings) -> int:
        export_credentials(own)
        barrier.wait()
        with open_instance(own) as instance:
            return instance.get_runs_count()

    with ThreadPoolExecutor(_MACHINES) as pool:
        codes = list(pool.map(open_first, homes))

    assert codes == [0] * _MACHINES


def test_a_connection_that_ends_while_the_tables_are_created_leaves_none_half_created(settings: Settings) -> None:
    ended: list[str] = []

    def end_once(connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if "CREATE TABLE run_tags" in statement and not ended:
            ended.append(statement)
            connection.connection.driver_connection.close()

    event.listen(Engine, "before_cursor_execute", end_once)
    try:
        with open_instance(settings) as instance:
            run = instance.add_run(DagsterRun(job_name="days", tags={"a": "b"}))
            tags = instance.get_run_tags(["a"])
    finally:
        event.remove(Engine, "before_cursor_execute", end_once)

    assert len(ended) == 1
    assert run.tags == {"a": "b"}
    assert tags == [("a", {"b"})]


def test_an_instance_keeps_one_connection_however_many_events_it_writes_and_none_after_it_is_disposed(
    settings: Settings, failover: Failover
) -> None:
    opened: list[object] = []

    def count(connection: object, _record: object) -> None:
        opened.append(connection)

    with open_instance(settings) as instance:
        event.listen(Pool, "connect", count)
        try:
            for _ in range(5):
                instance.report_run_canceling(instance.add_run(DagsterRun(job_name="days")))
        finally:
            event.remove(Pool, "connect", count)
        kept = failover.num_connections(1)

    assert (len(opened), kept, failover.num_connections(0)) == (0, 1, 0)


def test_threads_that_read_at_once_have_a_connection_each_of_which_one_is_kept(
    settings: Settings, failover: Failover
) -> None:
    barrier = Barrier(3)

    with open_instance(settings) as instance, ThreadPoolExecutor(3) as pool:
        processes = set(pool.map(lambda _: _server_process(instance, barrier.wait), range(3)))

        assert (len(processes), failover.num_connections(1)) == (3, 1)


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")  # Python 3.12
def test_a_forked_process_connects_by_itself_and_leaves_its_parents_connection_alone(settings: Settings) -> None:
    with open_instance(settings) as instance:
        parents = _server_process(instance)
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                os.write(writer, str(_server_process(instance)).encode())
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        os.close(writer)
        with os.fdopen(reader) as answer:
            childs = answer.read()

        assert childs.isdigit()
        assert (int(childs) != parents, _server_process(instance)) == (True, parents)


def test_a_connection_that_ends_between_two_statements_costs_no_transaction_of_dagsters(
    settings: Settings, failover: Failover
) -> None:
    ended: list[str] = []

    def end_once(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith("NOTIFY") and not ended:  # between the event's row and the transaction of its asset
            ended.append(statement)
            failover.end_connections()

    with open_instance(settings) as instance:
        event.listen(Engine, "after_cursor_execute", end_once)
        try:
            instance.report_runless_asset_event(AssetMaterialization("model"))
        finally:
            event.remove(Engine, "after_cursor_execute", end_once)

        assert len(ended) == 1
        assert instance.has_asset_key(AssetKey("model"))


def test_a_session_that_began_on_a_read_only_server_is_not_kept(settings: Settings, failover: Failover) -> None:
    with open_instance(settings) as instance:
        with failover.read_only(seconds=0.2):
            instance.get_runs()
        with instance.event_log_storage.index_transaction() as connection:  # type: ignore[attr-defined]
            is_read_only = connection.execute(text("SHOW transaction_read_only")).scalar_one()

    assert is_read_only == "off"


def _server_process(instance: DagsterInstance, meet: Callable[[], object] = bool) -> int:
    """The process of the server behind the connection that a thread of this process is given."""
    with instance.event_log_storage.index_connection() as connection:  # type: ignore[attr-defined]
        meet()
        return int(connection.execute(text("SELECT pg_backend_pid()")).scalar_one())
