"""The days that a run serves, and the runs of a day."""

import os
import signal
from datetime import date, timedelta
from pathlib import Path

import pytest
from dagster import DagsterInstance, DagsterRunStatus
from hypothesis import given, settings
from hypothesis import strategies as st

from coin_models.defs.runs import days_of, runs_of, span, tag_interrupted
from coin_models.pipeline.services import Services
from coin_models_tests.defs.dagster_tags import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
    PARTITION_NAME_TAG,
)
from coin_models_tests.defs.fixtures import small_settings, some_job, worker_of_services

D1, D2, D3 = (date(2026, 3, number) for number in (1, 2, 3))


def _range(first: date, last: date) -> dict[str, str]:
    return {ASSET_PARTITION_RANGE_START_TAG: first.isoformat(), ASSET_PARTITION_RANGE_END_TAG: last.isoformat()}


@pytest.mark.parametrize(
    ("tags", "days"),
    [({PARTITION_NAME_TAG: "2026-03-02"}, [D2]), (_range(D1, D3), [D1, D2, D3]), (_range(D2, D2), [D2]), ({}, [])],
)
def test_the_days_of_a_run_are_read_from_its_tags(tags: dict[str, str], days: list[date]) -> None:
    assert days_of(tags) == days


def test_one_day_and_a_range_are_named_in_words() -> None:
    assert (span([D1]), span([D1, D2, D3])) == ("2026-03-01", "2026-03-01 to 2026-03-03")


_offsets = st.integers(min_value=0, max_value=6)


@settings(max_examples=15, deadline=None)
@given(ranges=st.lists(st.tuples(_offsets, _offsets), max_size=4), window=st.tuples(_offsets, _offsets))
def test_the_runs_of_a_day_are_exactly_those_whose_range_holds_it_newest_first(
    ranges: list[tuple[int, int]], window: tuple[int, int]
) -> None:
    days = [D1 + timedelta(days=offset) for offset in range(min(window), max(window) + 1)]
    spans = [(D1 + timedelta(days=min(pair)), D1 + timedelta(days=max(pair))) for pair in ranges]
    with DagsterInstance.ephemeral() as instance:
        runs = [instance.create_run_for_job(some_job, tags=_range(*pair)).run_id for pair in spans]
        by_day = runs_of(instance, days, max_days_per_run=7)

    expected = {
        day: [run for run, (first, last) in reversed(list(zip(runs, spans, strict=True))) if first <= day <= last]
        for day in days
    }
    assert {day: [record.dagster_run.run_id for record in records] for day, records in by_day.items()} == expected


@pytest.mark.parametrize(
    ("status", "interrupted_by"), [(DagsterRunStatus.STARTED, "SIGTERM"), (DagsterRunStatus.CANCELING, None)]
)
def test_a_run_whose_machine_was_taken_away_says_by_whom_and_a_cancelled_one_does_not(
    status: DagsterRunStatus, interrupted_by: str | None, tmp_path: Path
) -> None:
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    with DagsterInstance.ephemeral() as instance:
        run_id = instance.create_run_for_job(some_job, status=status).run_id
        try:
            with worker_of_services(Services(settings=small_settings(tmp_path / "home"))) as worker:
                os.kill(os.getpid(), signal.SIGTERM)
                tag_interrupted(instance, run_id, worker)
        finally:
            signal.signal(signal.SIGTERM, before)
        stored_run = instance.get_run_by_id(run_id)

    assert stored_run is not None
    assert stored_run.tags.get("interrupted") == interrupted_by
