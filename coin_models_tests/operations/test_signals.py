"""The signal recorder notices a signal, whichever handler receives it."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from coin_models.operations.signals import SignalRecorder


@contextmanager
def ignored_by_a_handler(number: signal.Signals) -> Iterator[None]:
    previous = signal.signal(number, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(number, previous)


def test_a_signal_is_heard_although_another_handler_took_it() -> None:
    with ignored_by_a_handler(signal.SIGTERM), SignalRecorder() as signals:
        before = signals.first()
        os.kill(os.getpid(), signal.SIGTERM)

        received = signals.first()

    assert before is None
    assert received is signal.SIGTERM


def test_what_was_heard_is_remembered_after_the_ear_is_closed() -> None:
    with ignored_by_a_handler(signal.SIGTERM), SignalRecorder() as signals:
        os.kill(os.getpid(), signal.SIGTERM)

    assert signals.first() is signal.SIGTERM


def test_other_signals_are_not_heard() -> None:
    with ignored_by_a_handler(signal.SIGUSR1), SignalRecorder() as signals:
        os.kill(os.getpid(), signal.SIGUSR1)

        received = signals.first()

    assert received is None


def test_the_wake_up_descriptor_is_given_back() -> None:
    with SignalRecorder():
        pass

    assert signal.set_wakeup_fd(-1) == -1


def test_outside_the_main_thread_it_hears_nothing_and_harms_nothing() -> None:
    received: list[object] = []

    def listen() -> None:
        with SignalRecorder() as signals:
            received.append(signals.first())

    thread = threading.Thread(target=listen)
    thread.start()
    thread.join()

    assert received == [None]
