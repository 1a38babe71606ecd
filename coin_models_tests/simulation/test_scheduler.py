"""Tasks take turns by the time at which they wake; the dead do nothing more."""

from collections.abc import Callable

import pytest

from coin_models.simulation.scheduler import Endless, Process, Scheduler


def process(name: str = "one") -> Process:
    return Process(name=name, machine=name, number=1)


def test_tasks_wake_in_the_order_of_their_times_whichever_began_first() -> None:
    scheduler, seen = Scheduler(), list[tuple[str, float]]()

    def sleeper(name: str, seconds: float) -> Callable[[], None]:
        def work() -> None:
            for _ in range(2):
                scheduler.sleep(seconds)
                seen.append((name, scheduler.now))

        return work

    for name, seconds in (("slow", 5.0), ("quick", 2.0)):
        scheduler.spawn(process(name), name, sleeper(name, seconds))
    scheduler.run(100.0)

    assert seen == [("quick", 2.0), ("quick", 4.0), ("slow", 5.0), ("slow", 10.0)]
    assert scheduler.now == 100.0


def test_a_sleep_with_no_other_task_due_ends_at_its_time_and_one_task_that_is_due_at_the_same_time_comes_first() -> (
    None
):
    scheduler, seen = Scheduler(), list[tuple[str, float]]()

    def work() -> None:
        for seconds in (1.0, 2.0, 4.0):  # at 1 and 3 nothing else is due; at 7 the event is, which was there before
            scheduler.sleep(seconds)
            seen.append(("task", scheduler.now))

    scheduler.spawn(process(), "main", work)
    scheduler.at(7.0, lambda: seen.append(("event", scheduler.now)))
    scheduler.run(5.0)
    until_five = list(seen)
    scheduler.run(100.0)

    assert until_five == [("task", 1.0), ("task", 3.0)]
    assert seen[2:] == [("event", 7.0), ("task", 7.0)]


def test_a_killed_process_unwinds_and_whatever_its_handlers_wait_for_is_refused() -> None:
    scheduler, victim, seen = Scheduler(), process(), list[str]()

    def work() -> None:
        try:
            scheduler.sleep(10.0)
            seen.append("woke")
        finally:
            seen.append("unwinds")
            scheduler.sleep(1.0)
            seen.append("cleaned up")

    scheduler.spawn(victim, "main", work)
    scheduler.at(3.0, lambda: scheduler.kill(victim))
    scheduler.run(100.0)

    assert seen == ["unwinds"]
    assert (victim.was_killed, victim.ended_at, victim.is_running) == (True, 3.0, False)


def test_a_paused_process_wakes_after_its_pause() -> None:
    scheduler, sleeper, woke = Scheduler(), process(), list[float]()

    def work() -> None:
        scheduler.sleep(1.0)
        woke.append(scheduler.now)

    scheduler.spawn(sleeper, "main", work)
    sleeper.paused_until = 50.0
    scheduler.run(100.0)

    assert woke == [50.0]


def test_a_wait_ends_with_the_task_that_is_waited_for_or_with_its_time() -> None:
    scheduler, one, woke = Scheduler(), process(), list[float]()
    slow = scheduler.spawn(one, "slow", lambda: scheduler.sleep(20.0))

    def work() -> None:
        scheduler.wait_for(slow, 5.0)
        woke.append(scheduler.now)
        scheduler.wait_for(slow)
        woke.append(scheduler.now)

    scheduler.spawn(one, "waits", work)
    scheduler.run(100.0)

    assert woke == [5.0, 20.0]


def test_an_error_of_a_task_is_kept_for_the_night_to_look_at() -> None:
    scheduler, one = Scheduler(), process()
    scheduler.spawn(one, "main", lambda: 1 // 0)
    scheduler.run(1.0)

    assert isinstance(one.failure, ZeroDivisionError)


def test_a_night_that_does_not_end_is_said_to_be_endless() -> None:
    scheduler = Scheduler(most_events=100)

    def work() -> None:
        while True:
            scheduler.sleep(0.0)

    scheduler.spawn(process(), "main", work)

    with pytest.raises(Endless, match="100 events"):
        scheduler.run(1.0)
