"""The drill of a fleet: the time from a kill to the next attempt. The drill itself is a proof."""

from datetime import UTC, date, datetime, timedelta

from coin_models.drill.fleet_drill import HostKill, next_attempt_seconds

AT, DAY = datetime(2026, 3, 10, 2, tzinfo=UTC), date(2026, 3, 9)


def test_the_wait_is_from_the_kill_to_the_next_attempt_at_the_same_coin_day() -> None:
    kills = [HostKill(at=AT, attempts=((5, "BTC", DAY), (6, "ETH", DAY), (7, "SOL", DAY)))]
    begun = [
        (5, "BTC", DAY, AT - timedelta(seconds=9)),
        (8, "BTC", DAY, AT + timedelta(seconds=31)),
        (9, "BTC", DAY, AT + timedelta(seconds=90)),
        (10, "ETH", DAY + timedelta(days=1), AT + timedelta(seconds=2)),
        (11, "ETH", DAY, AT + timedelta(seconds=12)),
    ]

    assert next_attempt_seconds(kills, begun) == [12.0, 31.0]
