"""The comparison of two homes, on hand-made rows."""

from datetime import UTC, date, datetime

from coin_models.drill.comparison import other_parents
from coin_models.pipeline.plan.calendar import days_since_full_retrain, parent_day
from coin_models.registry.versions import ModelVersion

EVERY_DAYS = 3
WEEK = [date(2024, 8, day) for day in range(1, 8)]


def version(day: date, parent: date | None) -> ModelVersion:
    return ModelVersion(
        id=f"BTC {day}", coin="BTC", day=day, fingerprint="f", architecture_digest="a", weights_key="w",
        weights_sha256="w", manifest_key="m", manifest_sha256="m", parent_id=f"BTC {parent}" if parent else None,
        skill=None, metrics={}, code_version="c", created_at=datetime(2024, 8, 9, tzinfo=UTC), session_id=None,
        resumed=False, fit_seconds=1.0, num_steps=1,
    )  # fmt: skip


def first_full_retrain() -> date:
    return next(day for day in WEEK if days_since_full_retrain("BTC", day, EVERY_DAYS) == 0)


def test_versions_from_the_parents_of_the_calendar_are_as_expected() -> None:
    days = [day for day in WEEK if day >= first_full_retrain()]

    assert other_parents([version(day, parent_day("BTC", day, EVERY_DAYS)) for day in days], EVERY_DAYS) == []


def test_a_day_that_overtook_its_parent_and_one_that_starts_from_a_later_day_are_named() -> None:
    full = first_full_retrain()
    first, second = (date.fromordinal(full.toordinal() + number) for number in (1, 2))
    versions = [version(full, None), version(first, None), version(second, first)]

    assert other_parents(versions, EVERY_DAYS) == [("BTC", first), ("BTC", second)]
