"""Threads, events, pools and time of simulated processes."""

from coin_models.simulation.scheduler import Process, Scheduler
from coin_models.simulation.threads import InlineExecutor, SimulatedThreading, SimulatedTime, in_order


def test_an_event_wakes_who_waits_for_it_and_a_timeout_ends_the_wait() -> None:
    scheduler = Scheduler()
    threads, seen = SimulatedThreading(scheduler), list[tuple[float, bool]]()
    event = threads.Event()

    def work() -> None:
        seen.append((scheduler.now, event.wait(2.0)))
        seen.append((scheduler.now, event.wait(10.0)))

    scheduler.spawn(Process(name="one", machine="one", number=1), "main", work)
    scheduler.at(7.0, event.set)
    scheduler.run(100.0)

    assert seen == [(0.0, False), (2.0, True)]


def test_a_thread_is_a_task_of_the_process_that_starts_it() -> None:
    scheduler = Scheduler()
    threads, time, seen = SimulatedThreading(scheduler), SimulatedTime(scheduler), list[float]()
    one = Process(name="one", machine="one", number=1)

    def beat() -> None:
        time.sleep(3.0)
        seen.append(time.monotonic())

    def work() -> None:
        thread = threads.Thread(target=beat)
        thread.start()
        thread.join()
        seen.append(time.monotonic())
        assert threads.current_thread() is not threads.main_thread()

    scheduler.spawn(one, "main", work)
    scheduler.run(100.0)

    assert (seen, len(one.tasks), one.failure) == ([3.0, 3.0], 2, None)


def test_a_pool_works_in_order_and_keeps_each_error_for_its_own_future() -> None:
    with InlineExecutor(8) as pool:
        futures = [pool.submit(lambda n: 1 // n, number) for number in (1, 0)]

    assert in_order(futures) == futures
    assert futures[0].result() == 1
    assert isinstance(futures[1].exception(), ZeroDivisionError)
    assert list(pool.map(str, [1, 2])) == ["1", "2"]
