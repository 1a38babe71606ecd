"""One truth explains what processes were told that stop, die and lose connections on a real PostgreSQL.

COIN_MODELS_TESTS_HISTORY_SECONDS sets for how long the proof disturbs them.
"""

import logging
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from coin_models.db.opening import postgres_url
from coin_models_tests.backends import Backend
from coin_models_tests.proofs.histories import NEVER, Call, contradictions, read_history

logger = logging.getLogger(__name__)
SECONDS = float(os.environ.get("COIN_MODELS_TESTS_HISTORY_SECONDS", "20"))
NUM_CLIENTS = 4

FIRST = Call(client="a", kind="acquire", coin="BTC", began=0, ended=1, token=1, is_done=True)
SECOND = replace(FIRST, client="b", began=5, ended=6, token=2)
LATE = Call(client="a", kind="publish", coin="BTC", began=7, ended=8, token=1, is_done=True, version="v1")


@pytest.mark.parametrize(
    ("calls", "published", "sentence"),
    [
        ([FIRST, replace(SECOND, token=1)], [], "a token was given twice"),
        ([replace(FIRST, token=3), SECOND], [], "token 2 was given after token 3"),
        ([FIRST, SECOND, LATE], ["v1"], "could publish with token 1 after token 2"),
        ([FIRST, SECOND, replace(LATE, kind="renew")], [], "could renew with token 1 after token 2"),
        ([FIRST, replace(LATE, began=2, ended=3)], [], "was confirmed and is not there"),
        ([FIRST, replace(LATE, is_done=False)], ["v1"], "was refused and is there"),
        ([FIRST], ["v1"], "no client published it"),
    ],
)
def test_a_history_that_no_truth_explains_is_refused(calls: list[Call], published: list[str], sentence: str) -> None:
    assert any(sentence in each for each in contradictions(calls, published))


def test_a_call_without_an_answer_may_have_had_its_effect_or_not() -> None:
    unknown = replace(LATE, began=2, ended=NEVER, is_done=None)

    for published in ([], ["v1"]):
        assert list(contradictions([FIRST, SECOND, unknown], published)) == []


class Clients:
    """Real processes, each of which is stopped, killed and begun again."""

    def __init__(self, folder: Path, url: str) -> None:
        self._folder, self._url = folder, url
        self.running: list[subprocess.Popen[str]] = []
        self.logs: list[Path] = []

    def start(self) -> None:
        number = len(self.logs)
        log = self._folder / f"{number}.jsonl"
        log.touch()
        command = [sys.executable, "-m", "coin_models_tests.proofs.histories", str(log), str(number), "100000"]
        client = subprocess.Popen(command, stdin=subprocess.PIPE, text=True)
        assert client.stdin is not None
        client.stdin.write(f"{self._url}\n")  # a secret: not among the arguments
        client.stdin.close()
        self.logs.append(log)
        self.running.append(client)

    def stop_for(self, seconds: float, number: int) -> None:
        self.running[number].send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        self.running[number].send_signal(signal.SIGCONT)

    def replace(self, number: int) -> None:
        client = self.running.pop(number)
        client.kill()
        client.wait()
        self.start()

    def end(self) -> None:
        for client in self.running:
            client.kill()
            client.wait()


@pytest.fixture
def clients(stack: Backend, tmp_path: Path) -> Iterator[Clients]:
    assert stack.settings.database_url is not None
    started = Clients(tmp_path, stack.settings.database_url.get_secret_value())
    for _ in range(NUM_CLIENTS):
        started.start()
    yield started
    started.end()


@pytest.mark.proof
@pytest.mark.timeout(SECONDS + 300)
def test_one_truth_explains_what_disturbed_processes_were_told(clients: Clients, stack: Backend) -> None:
    dice, database = random.Random(1), stack.open_database()
    assert stack.settings.database_url is not None
    engine = create_engine(
        postgres_url(database.engine.url), isolation_level="AUTOCOMMIT", connect_args={"application_name": "nemesis"}
    )
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        disturbance = dice.random()
        if disturbance < 0.45:
            clients.stop_for(dice.uniform(0.2, 2.0), dice.randrange(NUM_CLIENTS))
        elif disturbance < 0.9:
            with engine.connect() as connection:
                connection.execute(text(END_ONE), {"chance": dice.random()})
        else:
            clients.replace(dice.randrange(NUM_CLIENTS))
        time.sleep(dice.uniform(0, 0.4))
    clients.end()
    with database.read() as connection:
        published = list(connection.execute(text("SELECT id FROM model_versions")).scalars())
    engine.dispose()
    database.close()
    calls = [call for log in clients.logs for call in read_history(log)]
    confirmed = [call for call in calls if call.kind == "publish" and call.is_done]
    unknown = [call for call in calls if call.ended == NEVER]
    logger.info(f"{len(calls)} calls, {len(confirmed)} publications confirmed, {len(unknown)} without an answer")

    assert list(contradictions(calls, published)) == []
    assert len(confirmed) > SECONDS / 2


END_ONE = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE application_name = 'coin_models' AND datname = current_database() AND pid <> pg_backend_pid()
AND random() < :chance
"""
