"""Histories of real processes on one PostgreSQL, and the checker that decides whether a single truth explains them.

A client writes each call with the time before it and after it, by the kernel's monotonic clock, which all processes of
a machine share. A call whose answer never came has no end: it may have had its effect at any later time.
"""

import json
import random
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from coin_models.clock import FixedClock, SystemClock
from coin_models.db.database_clock import database_clock
from coin_models.db.lease import LeaseToken
from coin_models.db.opening import open_database
from coin_models.errors import DatabaseError, LeaseLost
from coin_models.operations.leases import LeaseBook, coin_day_lease
from coin_models.registry.registry import Registry, Uploaded
from coin_models.registry.versions import Publication
from coin_models.settings.root import Settings
from coin_models.storage.memory import MemoryStore
from coin_models_tests.registry import builders

COINS = ("BTC", "ETH")
LEASE_SECONDS = 0.6
NEVER = float("inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of a client, and its answer."""

    client: str
    kind: str  # acquire, renew, publish
    coin: str
    began: float
    ended: float  # infinite where no answer came
    token: int | None = None  # acquired, renewed or published with; None: the lease was another's
    is_done: bool | None = None  # None: unknown
    version: str = ""


def contradictions(calls: Sequence[Call], published: Sequence[str]) -> Iterator[str]:
    """What no single truth explains.

    Args:
        calls: of all clients.
        published: the ids of the versions that the database holds at the end.
    """
    for coin in sorted({call.coin for call in calls}):
        of_coin = [call for call in calls if call.coin == coin]
        acquired = sorted((c for c in of_coin if c.kind == "acquire" and c.token is not None), key=lambda c: c.began)
        yield from _tokens(coin, acquired)
        yield from _fenced(coin, acquired, [call for call in of_coin if call.kind in ("renew", "publish")])
    yield from _rows([call for call in calls if call.kind == "publish"], published)


def _tokens(coin: str, acquired: Sequence[Call]) -> Iterator[str]:
    """Each acquisition has a token of its own, and a later one a higher one."""
    tokens = [call.token for call in acquired]
    if len(set(tokens)) < len(tokens):
        yield f"{coin}: a token was given twice: {sorted(filter(None, tokens))}"
    for one in acquired:
        for other in acquired:
            if one.ended < other.began and (one.token or 0) >= (other.token or 0):
                yield f"{coin}: token {other.token} was given after token {one.token}"


def _fenced(coin: str, acquired: Sequence[Call], uses: Sequence[Call]) -> Iterator[str]:
    """Nothing is renewed or published with a token once a higher one was given."""
    for use in uses:
        newer = [call for call in acquired if (call.token or 0) > (use.token or 0) and call.ended < use.began]
        if use.is_done and newer:
            yield f"{coin}: {use.client} could {use.kind} with token {use.token} after token {newer[0].token} was given"


def _rows(publications: Sequence[Call], published: Sequence[str]) -> Iterator[str]:
    """What was confirmed is there, what was refused is not, and nothing comes from nowhere."""
    there = set(published)
    for call in publications:
        if call.is_done and call.version not in there:
            yield f"{call.version} was confirmed and is not there"
        if call.is_done is False and call.version in there:
            yield f"{call.version} was refused and is there"
    for version in there - {call.version for call in publications}:
        yield f"{version} is there and no client published it"


class Client:
    """Acquires, renews and publishes at random, and writes down what it called and what it was answered."""

    def __init__(self, settings: Settings, log: Path, seed: int) -> None:
        self.name = f"client {seed}"
        self._log = log.open("a", buffering=1, encoding="utf-8")
        self._dice = random.Random(seed)
        self._database = open_database(settings, migrate=False)
        wrong = FixedClock(SystemClock().now() + timedelta(hours=self._dice.uniform(-9, 9)))
        self._book = LeaseBook(self._database, database_clock(self._database, wrong), lease_seconds=LEASE_SECONDS)
        self._registry = Registry(self._database, MemoryStore())
        self._session = f"{seed}-{uuid.uuid4().hex}"

    def run(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            coin = self._dice.choice(COINS)
            name = coin_day_lease(coin, builders.DAY)
            held = self._call("acquire", coin, lambda: self._book.acquire([name], self._session))  # noqa: B023
            for token in (held or {}).values():
                self._use(coin, token)
            time.sleep(self._dice.uniform(0, 0.05))

    def _use(self, coin: str, token: LeaseToken) -> None:
        for _ in range(self._dice.randrange(3)):
            time.sleep(self._dice.uniform(0, LEASE_SECONDS * 1.5))  # at times it runs out, and another one takes it
            if self._dice.random() < 0.5:
                self._call("renew", coin, lambda: self._renewed(token), token=token.token)
        bundle = builders.bundle(coin, fingerprint=uuid.uuid4().hex * 2)
        publication = Publication(bundle=bundle, lease=token, session_id=self._session)
        uploaded = Uploaded(publication=publication, repair=False)
        version = publication.version().id
        self._call("publish", coin, lambda: self._registry.commit(uploaded), token=token.token, version=version)
        if self._dice.random() < 0.5:
            self._call("release", coin, lambda: self._book.release([token]))

    def _renewed(self, token: LeaseToken) -> bool:
        self._book.renew(self._session)
        return self._book.holds([token])

    def _call(self, kind: str, coin: str, work: Callable[[], Any], **values: Any) -> Any:
        began, answer, is_done = time.monotonic(), None, True
        self._write(client=self.name, kind=kind, coin=coin, began=began, ended=NEVER, is_done=None, **values)
        try:
            answer = work()
            is_done = answer is not False
        except LeaseLost:
            is_done = False
        except DatabaseError:
            return None  # not known whether it had its effect
        if kind == "acquire":
            values["token"] = next((token.token for token in answer.values()), None)
        ended = time.monotonic()
        self._write(client=self.name, kind=kind, coin=coin, began=began, ended=ended, is_done=is_done, **values)
        return answer

    def _write(self, **call: Any) -> None:
        self._log.write(json.dumps(asdict(Call(**call))) + "\n")


def read_history(log: Path) -> list[Call]:
    """The calls of a client; of one that was answered, the answer alone."""
    lines = log.read_text(encoding="utf-8").splitlines()
    calls: dict[float, Call] = {}
    for line in lines:
        if line.endswith("}"):  # a killed client may have written half of its last one
            call = Call(**json.loads(line))
            calls[call.began] = call
    return [call for call in calls.values() if call.kind != "release"]


if __name__ == "__main__":
    url, log, seed, seconds = sys.stdin.readline().strip(), Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    settings = Settings(home=log.parent, source="demo", database_url=SecretStr(url))
    Client(settings, log, seed).run(seconds)
