"""Faults and events as values."""

import json

from coin_models.simulation.faults import Event, EventKind, Fault, FaultKind


def test_a_fault_reads_back_what_it_wrote() -> None:
    fault = Fault(operation=7, kind=FaultKind.HANG_AFTER, seconds=12.0)

    assert Fault.from_json(json.loads(json.dumps(fault.to_json()))) == fault
    assert str(fault) == "operation 7: hang after 12 s"


def test_an_event_says_when_what_and_to_whom() -> None:
    event = Event(at_seconds=7200, kind=EventKind.SKEW, target=1, seconds=-60.0)

    assert str(event) == "at 7200 s: skew 1 -60 s"
    assert event.to_json()["kind"] == "skew"
