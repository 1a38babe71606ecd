"""A home of rows alone, as machines leave them, with a channel that records what is sent."""

import json
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

from sqlalchemy import update

from coin_models.clock import FixedClock
from coin_models.db.engine import Database
from coin_models.db.schema import model_versions
from coin_models.market.candle_index import DayRecord
from coin_models.market.history import unknown_days
from coin_models.pipeline.daily_report import JSON
from coin_models.pipeline.notices import Notices
from coin_models.pipeline.plan.gather import plan_now
from coin_models.pipeline.services import Services
from coin_models.reporting.notifications.channels import RecordingChannel
from coin_models.settings.root import Settings
from coin_models.storage import keys
from coin_models.storage.memory import MemoryStore
from coin_models_tests.costs.builders import DAY, NIGHT
from coin_models_tests.costs.rows import add_attempt, add_session
from coin_models_tests.trading.database import open_in

COINS = ("BTC", "ETH")


@dataclass(frozen=True, kw_only=True)
class QuietServices(Services):
    """Rows and objects, and nothing else."""

    rows: Database
    memory: MemoryStore = field(default_factory=MemoryStore)

    @cached_property
    def database(self) -> Database:
        return self.rows

    @cached_property
    def store(self) -> MemoryStore:
        return self.memory


def know_candles(services: Services, coin: str) -> None:
    """Facts of a liquid coin's days up to DAY and a little beyond, without the candles themselves."""
    days = [DAY + timedelta(days=offset) for offset in range(-120, 9)]
    records = {}
    for day in days:
        row = unknown_days(1)
        row["num_candles"] = row["num_traded"] = 288
        row["first_open_ms"], row["turnover"], row["volatility"], row["asked_at"] = 0, 1e9, 0.03, 1
        row["digest"] = day.toordinal()
        records[day] = DayRecord(row=row, source="the test")
    services.candle_index.record(coin, records)


class Office:
    """A services, its clock, a channel, and who tells."""

    def __init__(self, database: Database, settings: Settings, coins: tuple[str, ...] = COINS) -> None:
        self.database = database
        self.clock = FixedClock(NIGHT + timedelta(hours=1))
        self.channel = RecordingChannel()
        self.services = QuietServices(settings=settings, clock=self.clock, rows=database)
        self.notices = Notices(self.services, coins, [self.channel])
        for coin in (*coins, "SOL", "XRP"):
            know_candles(self.services, coin)

    def fingerprint(self, coin: str, day: date = DAY) -> str:
        return plan_now(self.services, [day], [coin])[coin, day].fingerprint or ""

    def tell(self, **later: float) -> str:
        self.clock.advance(timedelta(**later))
        return str(self.notices.tell())

    @property
    def titles(self) -> list[str]:
        return [message.title for message in self.channel.sent]

    @property
    def bodies(self) -> list[str]:
        return [message.body for message in self.channel.sent]

    def publish(self, *coins: str, day: date = DAY) -> None:
        open_versions = [(f"{coin}-{day}", coin, day) for coin in coins]
        open_in(self.services.settings.home, open_versions).close()
        with self.database.begin() as connection:
            for coin in coins:
                ours = model_versions.c.id == f"{coin}-{day}"
                connection.execute(update(model_versions).where(ours).values(fingerprint=self.fingerprint(coin, day)))

    def write_report(self) -> None:
        content = json.dumps({"generated_at": self.clock.now().isoformat()})
        self.services.store.put(keys.report(DAY, JSON), content.encode())


def trained(office: Office, *coins: str, action: str = "trained") -> None:
    """Coins that were published at 02:30."""
    ended = NIGHT + timedelta(minutes=30)
    add_session(office.database, "s1", gpu="RTX 3090", ended_at=ended, end_reason="finished")
    for coin in coins:
        add_attempt(office.database, "s1", coin, action=action, ended_at=ended, useful_seconds=600.0)
    office.publish(*coins)


def failed(office: Office, *coins: str, times: int = 3, session: str = "f") -> None:
    ended = NIGHT + timedelta(minutes=30)
    add_session(office.database, session, ended_at=ended, end_reason="finished")
    for coin in coins:
        for _ in range(times):
            tried = office.fingerprint(coin)
            add_attempt(
                office.database, session, coin, outcome="failed", reason="no candles", ended_at=ended, fingerprint=tried
            )
