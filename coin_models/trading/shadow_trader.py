"""The shadow trader: a coin's whole trading day, from the trading version to the decision about tomorrow's champion.

Also handles versions that cannot be loaded and days without candles. The caller writes the rows.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from coin_models.features.feature_sets import OwnFeatures
from coin_models.market.candles import Candles
from coin_models.settings.market import MarketSettings
from coin_models.settings.trading import TradingSettings
from coin_models.trading.candidates import CandidateVersions, PublishedVersion, TradableModel
from coin_models.trading.contests import Contests, DayRecords
from coin_models.trading.decisions import Decision, Verdict
from coin_models.trading.drift import InputDrift
from coin_models.trading.out_of_sample import OutOfSampleRecord
from coin_models.trading.promotion import decide
from coin_models.trading.repository import ShadowRepository
from coin_models.trading.shadow_day import ScoredDay, ShadowDay, run_day
from coin_models.trading.trades import Role, Trader


@dataclass(frozen=True, slots=True, kw_only=True)
class TradedDay:
    """A coin's day with its decision."""

    results: tuple[ShadowDay, ...]  # who forecasts first; empty without a version, and on a day without candles
    decision: Decision
    drift: InputDrift | None = None  # of the last week against the days before it; None: no trader, or too few candles
    unreadable: Mapping[str, str] = field(default_factory=dict)  # versions whose bundles are damaged, with the reason

    @property
    def out_of_sample_record(self) -> OutOfSampleRecord | None:
        """Of the champion or, without one, of the newest version, which is judged beside the reference."""
        records = {result.trader.role: result.out_of_sample_record for result in self.results}
        return records.get(Role.CHAMPION) or records.get(Role.CHALLENGER)

    @property
    def unreconciled_usd(self) -> float:
        """What prices earned, less slippage, fees and funding, against what the fills' cash says: zero, or a defect."""
        trades = [trade for result in self.results for trade in result.trades]
        return sum(abs(t.gross_pnl_usd - t.slippage_usd - t.fees_usd - t.funding_usd - t.pnl_usd) for t in trades)


class ShadowTrader:
    """Trades days of one coin after the other; each can be traded again, to the same rows and the same decision."""

    def __init__(
        self,
        *,
        shadow: ShadowRepository,
        load: Callable[[str], TradableModel],
        market: MarketSettings,
        settings: TradingSettings,
    ) -> None:
        self._shadow, self._load = shadow, load
        self._market, self._settings = market, settings

    def trade(
        self,
        coin: str,
        day: date,
        history: Candles,
        *,
        champion_id: str | None,
        versions: Sequence[PublishedVersion],
        refused: frozenset[str] = frozenset(),
        contests: Contests | None = None,
        chosen_on: date | None = None,
    ) -> TradedDay:
        """Trades a coin's day as if live, and decides who is champion from the next day on; writes nothing.

        Without a champion the reference of the newest version trades, and that version is judged against it. On a day
        without candles (the coin was delisted) there is no trade, and the champion stays.

        Args:
            history: candles of the coin up to the end of `day` and back for features and unconditional quantiles.
            champion_id: the champion after the decisions of all days before `day`.
            versions: the coin's versions of days up to `day`: the champion and the newest few dozen are enough.
            refused: versions that earlier decisions refused or rolled back (`decisions.refused_versions`).
            contests: the tests as the coin's last decision left them; None: no day has been judged.
            chosen_on: the day whose evidence a person knew who made this champion manually; only later days, and weights
                that are not finite, speak against it.

        Raises:
            UsageError: the champion is not among the versions of earlier days.
        """
        candidates = CandidateVersions(coin, day, versions, self._shadow, self._load, self._settings)
        champion = candidates.champion(champion_id)
        if champion is not None and not len(history.slice_days(day, day)):
            return TradedDay(results=(), decision=_hold_without_candles(coin, day, champion, contests))
        challenger = candidates.challenger(champion, refused)
        trades = (champion or challenger) is not None and len(history.slice_days(day, day)) > 0
        coin_day = None
        if trades:
            own = OwnFeatures(coin=coin, sets=candidates.feature_sets(champion, challenger))
            coin_day = ScoredDay.of(history, day, self._market, own)
        results = self._run(coin_day, coin, day, candidates, champion, challenger)
        for result in results:
            if result.trader.role is not Role.REFERENCE:
                candidates.add(result)
        records = {result.trader.role: result.out_of_sample_record for result in results}
        judged = Contests.after(
            contests,
            DayRecords(
                champion_id=champion_id,
                champion=records.get(Role.CHAMPION),
                challenger=records.get(Role.CHALLENGER),
                comparable=candidates.are_comparable(champion, challenger),
            ),
        )
        state = candidates.state(champion, challenger, judged, refused, chosen_on)
        return TradedDay(
            results=results,
            decision=decide(state, self._settings),
            drift=InputDrift.of(coin_day.table, day, history.timeframe) if coin_day is not None else None,
            unreadable=candidates.unreadable,
        )

    def _run(
        self,
        coin_day: ScoredDay | None,
        coin: str,
        day: date,
        candidates: CandidateVersions,
        champion: PublishedVersion | None,
        challenger: PublishedVersion | None,
    ) -> tuple[ShadowDay, ...]:
        if coin_day is None:
            return ()
        results = []
        for role, version in (
            (Role.CHAMPION, champion),
            (Role.REFERENCE, challenger if champion is None else None),
            (Role.CHALLENGER, challenger),
        ):
            model = candidates.model(version.version_id) if version is not None else None
            if version is None or model is None:
                continue
            members, before = model.members.of(role), candidates.before(version, model.shape)
            if members is None:  # a version without a reference
                continue
            results.append(
                run_day(
                    Trader(coin=coin, day=day, role=role, version_id=version.version_id, resumed=version.resumed),
                    members.forecaster,
                    model.shape,
                    coin_day,
                    self._settings,
                    reference=members.reference,
                    before=before.of(role) if before is not None else None,
                )
            )
        return tuple(results)


def _hold_without_candles(coin: str, day: date, champion: PublishedVersion, contests: Contests | None) -> Decision:
    return Decision(
        coin=coin,
        day=day,
        verdict=Verdict.HOLD,
        version_id=champion.version_id,
        reason=f"champion of {champion.day} stays: {coin} has no candles on {day}, so nothing was traded",
        contests=contests,
    )
