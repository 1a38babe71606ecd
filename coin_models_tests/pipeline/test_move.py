"""A home moves from one place to another, at whatever instant it is interrupted; nothing works on it meanwhile."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from coin_models.errors import Deferred, HomeError, StoreUnavailable
from coin_models.pipeline.move import move_home
from coin_models.pipeline.services import Services, open_services
from coin_models.settings.root import Settings
from coin_models.storage import keys
from coin_models_tests.db.filled import contents
from coin_models_tests.registry import builders

STATE = keys.checkpoint_state(builders.DAY, "abcdef0123", 1)


def nothing(_text: str, _done: int, _total: int) -> None:
    return None


def no_history(_advance: object) -> tuple[int, int]:
    return 0, 0


@pytest.fixture
def origin(tmp_path: Path) -> Iterator[Services]:
    with open_services(Settings(home=tmp_path / "old"), create=True) as services:
        services.registry.publish(builders.bundle(), lease=None)
        services.store.put(STATE, b"state")
        yield services


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Services]:
    with Services(settings=Settings(home=tmp_path / "new")) as services:
        yield services


def test_objects_tables_and_checkpoints_are_moved_and_the_new_home_opens(origin: Services, target: Services) -> None:
    moved = move_home(origin, target, nothing, lambda _advance: (3, 7))

    assert contents(target.database) == contents(origin.database)
    assert list(target.registry.verify()) == []
    assert target.store.get(STATE) == b"state"
    assert (moved.num_objects, moved.num_copied, moved.num_runs, moved.num_partitions) == (3, 3, 3, 7)
    open_services(target.settings, create=False).close()
    with pytest.raises(HomeError, match="has moved"):
        open_services(origin.settings, create=False)


class Killed(BaseException):
    """The process ends."""


_AT_EACH_COMMIT = (2, 20)


@pytest.mark.parametrize(
    "steps",
    [*_AT_EACH_COMMIT, *(pytest.param(steps, marks=pytest.mark.proof) for steps in (0, 1, 5, 12, 26, 28))],
)
def test_a_move_that_is_killed_at_any_step_is_continued_by_the_same_call(
    origin: Services, target: Services, steps: int
) -> None:
    left = steps

    def advance(_text: str, _done: int, _total: int) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise Killed

    with contextlib.suppress(Killed):
        move_home(origin, target, advance, no_history)

    moved = move_home(origin, target, nothing, no_history)
    again = move_home(origin, target, nothing, no_history)

    assert moved.was_moved == (left >= 0)
    assert again.was_moved
    assert contents(target.database) == contents(origin.database)
    assert list(target.registry.verify()) == []


def test_an_outage_within_dagsters_part_leaves_the_move_unfinished(origin: Services, target: Services) -> None:
    def away(_advance: object) -> tuple[int, int]:
        raise StoreUnavailable("the end of this test's storage")

    with pytest.raises(StoreUnavailable):
        move_home(origin, target, nothing, away)
    with pytest.raises(HomeError, match="not finished"):
        open_services(target.settings, create=False)

    assert move_home(origin, target, nothing, no_history).num_copied == 1  # of a checkpoint, whose key has no digest


def test_a_home_on_which_a_session_works_is_not_moved_and_stays_in_use(origin: Services, target: Services) -> None:
    session = origin.sessions.open(origin.settings.costs, code_version="a" * 12)

    with pytest.raises(Deferred, match=r"1 session\(s\) and 0 worker\(s\) work on this home"):
        move_home(origin, target, nothing, no_history)

    open_services(origin.settings, create=False).close()
    origin.sessions.close(session.session_id, "done")
    move_home(origin, target, nothing, no_history)


def test_a_session_whose_process_was_killed_on_this_machine_keeps_no_home_from_moving(
    origin: Services, target: Services
) -> None:
    origin.database.close()
    child = os.fork()
    if not child:
        with Services(settings=origin.settings) as services:
            services.sessions.open(services.settings.costs, code_version="a" * 12)
            os._exit(9)
    os.waitpid(child, 0)

    move_home(origin, target, nothing, no_history)


def test_a_move_whose_process_was_killed_is_continued_at_once_and_two_at_once_are_not_made(
    origin: Services, target: Services
) -> None:
    def second(_advance: object) -> tuple[int, int]:
        with pytest.raises(Deferred, match="another `coin-models home move` of this home works"):
            move_home(origin, target, nothing, no_history)
        return 0, 0

    def killed(_advance: object) -> tuple[int, int]:
        os._exit(9)

    child = os.fork()
    if not child:  # its turn and its lock are left as a kill leaves them
        move_home(origin, target, nothing, killed)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9

    assert not move_home(origin, target, nothing, second).was_moved


def test_bytes_that_are_not_the_origins_keep_the_move_unfinished(origin: Services, target: Services) -> None:
    (version,) = origin.registry.versions()

    def damage(_advance: object) -> tuple[int, int]:
        size = len(target.store.get(version.weights_key))
        target.store.put(version.weights_key, b"0" * size)
        return 0, 0

    with pytest.raises(HomeError, match=r"1 object\(s\) in .* are not those in .*weights-"):
        move_home(origin, target, nothing, damage)
    with pytest.raises(HomeError, match="not finished"):
        open_services(target.settings, create=False)


def test_a_damaged_object_of_the_origin_is_named_and_left(origin: Services, target: Services) -> None:
    (version,) = origin.registry.versions()
    origin.store.put(version.weights_key, b"other bytes")

    moved = move_home(origin, target, nothing, no_history)

    assert moved.damaged == (version.weights_key,)
    assert moved.to_json()["damaged"] == [version.weights_key]


def test_the_database_alone_moves_where_the_store_stays(origin: Services, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "new", store_url=str(tmp_path / "old" / "store"))
    with Services(settings=settings) as target:
        moved = move_home(origin, target, nothing, no_history)

        assert moved.num_objects == 0
        assert list(target.registry.verify()) == []
