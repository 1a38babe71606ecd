"""Which days are full retrains, and from which version a warm start begins: functions of the calendar only.

A coin's full retrain comes every `full_retrain_every_days`, spread over the weekdays, so that no night costs more than
the others. Every other day starts from the weights of the last full retrain (docs/adr/0080): no version depends on the
order of runs, and a warm start never waits for more than one other fit.
"""

import hashlib
from datetime import date, timedelta
from functools import cache


@cache
def full_retrain_offset(coin: str, every_days: int) -> int:
    """The coin's place in the cycle of full retrains, 0 to `every_days` - 1: a stable hash of its name."""
    return int.from_bytes(hashlib.sha256(coin.encode()).digest()[:8], "big") % every_days


def days_since_full_retrain(coin: str, day: date, every_days: int) -> int:
    """How many days before `day` the coin's newest full retrain lies; 0: it is on that day."""
    return (day.toordinal() - full_retrain_offset(coin, every_days)) % every_days


def parent_day(coin: str, day: date, every_days: int) -> date | None:
    """The day of the full retrain that a fit of `day` starts from; None on the day of a full retrain."""
    age = days_since_full_retrain(coin, day, every_days)
    return day - timedelta(days=age) if age else None
