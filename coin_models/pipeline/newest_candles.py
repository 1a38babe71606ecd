"""The newest closed candles of each coin, requested from the source once per candle, however many forecasts are made.

Nothing is stored here: what is stored, and what models are fitted on, is `pipeline/candles.py`'s business.
"""

import threading
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from coin_models.errors import CoinModelsError
from coin_models.market.candles import Candles
from coin_models.market.history import History, empty_history
from coin_models.market.source import AnswersInFull
from coin_models.market.top_up_days import answer_of
from coin_models.pipeline.services import Services
from coin_models.registry.models_in_use import ModelInUse

AGAIN_SECONDS: Final = 10
"""How long an answer counts that has not brought the next candle yet, or was an error."""
_KNOWN_DAYS: Final = 31  # before the candles that are requested
_SLACK_DAYS: Final = 2  # the forming day, and one for a source that lags
_OUTAGE: Final = 3  # errors of the source one after the other, after which no other coin is requested for a while


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Held:
    """An answer of the source about a coin."""

    answer: Candles | CoinModelsError
    num_days: int  # before today that were requested
    asked_at: datetime


class NewestCandles:
    """Each coin's newest candles, kept until the next one has closed; threads wait for the one that requests their coin."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._held: dict[str, _Held] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._outage = _Outage()
        self._opening = threading.Lock()

    def of(self, coin: str, in_use: ModelInUse) -> Candles:
        """The candles that the model needs up to the newest there is; where the source ends in the past, to its end.

        Raises:
            SourceError, CandlesRejected: they cannot be had.
        """
        model = in_use.model
        num_days = -(-model.num_candles_needed // model.timeframe.candles_per_day) + _SLACK_DAYS
        with self._locks.setdefault(coin, threading.Lock()):
            held = self._held.get(coin)
            if held is None or held.num_days < num_days or self._is_due(held):
                held = self._held[coin] = self._renewed(coin, in_use, num_days, held)
        if isinstance(held.answer, CoinModelsError):
            raise held.answer
        return held.answer

    def _is_due(self, held: _Held) -> bool:
        now = self._services.clock.now()
        if now - held.asked_at < timedelta(seconds=AGAIN_SECONDS) and now >= held.asked_at:
            return False
        closed = held.answer.last_close_time if isinstance(held.answer, Candles) else None
        return closed is None or now >= closed + timedelta(seconds=self._services.timeframe.seconds)

    def _renewed(self, coin: str, in_use: ModelInUse, num_days: int, held: _Held | None) -> _Held:
        """The source's answer; where it is unavailable for now, the candles that are held, whose age tells how old they are."""
        now = self._services.clock.now()
        answer = self._answer(coin, in_use, num_days, now)
        if isinstance(answer, CoinModelsError) and answer.transient and held is not None:
            answer = held.answer if isinstance(held.answer, Candles) else answer
        return _Held(answer=answer, num_days=num_days, asked_at=now)

    def _answer(self, coin: str, in_use: ModelInUse, num_days: int, now: datetime) -> Candles | CoinModelsError:
        if (outage := self._outage.error(now)) is not None:
            return outage
        span, today = timedelta(days=num_days), now.date()
        try:
            candles = self._fetched(coin, today - span, today)
            if len(candles) < in_use.model.num_candles_needed:
                candles = self._fetched(coin, in_use.version.day - span, today)
        except CoinModelsError as error:
            self._outage.note(error, self._services.clock.now())
            return error
        self._outage.note(None, now)
        return candles

    def _fetched(self, coin: str, first: date, last: date) -> Candles:
        with self._opening:  # one source for all threads
            source, candles = self._services.source, self._services.candles
        history = self._history(coin, first, last, is_read=isinstance(source, AnswersInFull))
        return answer_of(source, candles, coin, history, first, last).candles

    def _history(self, coin: str, first: date, last: date, *, is_read: bool) -> History:
        """What is stored before: tells whether another exchange may stand in for the first; no other source reads it."""
        since = first - timedelta(days=_KNOWN_DAYS)
        if not is_read:
            return empty_history(self._services.timeframe, since)
        return self._services.candle_index.histories([coin], since, last)[coin]


class _Outage:
    """Whether the source itself is unavailable: then 500 coins must not each wait for all its retries."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._errors, self._at = 0, datetime.min.replace(tzinfo=UTC)
        self._last: CoinModelsError | None = None

    def note(self, error: CoinModelsError | None, now: datetime) -> None:
        """The result of a request; errors of a coin alone say nothing of the source."""
        with self._lock:
            is_of_source = error is not None and error.place == "source"
            self._errors = self._errors + 1 if is_of_source else 0
            self._last, self._at = error, now

    def error(self, now: datetime) -> CoinModelsError | None:
        """The last error, while it counts for every coin."""
        with self._lock:
            is_recent = self._errors >= _OUTAGE and now - self._at < timedelta(seconds=AGAIN_SECONDS)
            return self._last if is_recent else None
