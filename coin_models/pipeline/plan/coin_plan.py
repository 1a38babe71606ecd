"""The plan of one coin, as arrays: the rules that give each of its days an action. Pure, and quick for years of days.

Candles and published versions settle nearly every day, for all days at once. Attempts and the parent settle the rest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coin_models.market.eligibility import Rule
from coin_models.pipeline.plan.action import Action
from coin_models.pipeline.plan.facts import Facts, Hold, HoldKind
from coin_models.pipeline.plan.wanted import Wanted, wanted_of
from coin_models.registry.published import NOTHING_PUBLISHED, PublishedVersions

HoldsByDay = Mapping[int, Sequence[Hold]]
"""One coin's holds, by `date.toordinal`."""

_HELD = {
    HoldKind.RUNNING: Action.WAITING,
    HoldKind.BACKOFF: Action.WAITING,
    HoldKind.UNAVAILABLE: Action.UNAVAILABLE,
    HoldKind.QUARANTINED: Action.QUARANTINED,
}
_AGAIN = "the published version was made from other candles, settings or code"
_Rows = NDArray[np.int64]
_Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class CoinPlan:
    """One coin: rows are those of `wanted`."""

    wanted: Wanted
    action: NDArray[np.uint8]  # (T,)
    is_published: _Flags  # (T,) whether any version is, the wanted one or another
    details: dict[int, str]  # reasons that cannot be derived from the rule and the action
    held: dict[int, HoldKind]
    ancestors: set[int]  # rows that are trained although they were not requested


def plan_coin(facts: Facts, coin: str, ordinals: _Rows, holds: HoldsByDay, *, force: bool) -> CoinPlan:
    """The plan of a coin's days.

    Args:
        facts: of all coins.
        coin: the one that is planned.
        ordinals: (N,) the days that are requested, as `date.toordinal`, ascending.
        holds: the coin's holds.
        force: make again what is requested, whatever is published.
    """
    wanted = wanted_of(coin, facts.histories[coin], facts.days[0], facts.days[-1], facts.recipe)
    is_present, is_other = _published(wanted, facts.published.get(coin, NOTHING_PUBLISHED))
    action = _settled(facts, wanted, is_present, is_other, force=force)
    plan = CoinPlan(wanted, action, is_other, {}, {}, set())
    asked = ordinals - wanted.first_ordinal
    _explain_unavailable(facts, plan, asked[action[asked] == Action.UNAVAILABLE.value], holds)
    rows = asked[action[asked] == Action.TRAIN.value]
    if not force and holds:
        rows = _hold_back(plan, rows, holds)
    plan.details.update(dict.fromkeys(rows[is_other[rows] & ~is_present[rows]].tolist(), _AGAIN))
    _add_parents(plan, rows[(wanted.parent[rows] >= 0) & ~is_present[wanted.parent[rows]]], holds)
    if plan.ancestors:
        needed = np.array(sorted(plan.ancestors.intersection(asked.tolist())), dtype=np.int64)
        # It would be kept, but another coin-day starts from it.
        action[needed[action[needed] == Action.STALE.value]] = Action.TRAIN
        plan.ancestors.difference_update(needed.tolist())
    return plan


def _published(wanted: Wanted, versions: PublishedVersions) -> tuple[_Flags, _Flags]:
    """Per row: whether the wanted version is published, and whether any is."""
    is_present = np.zeros(len(wanted.rule), dtype=bool)
    is_other = np.zeros(len(wanted.rule), dtype=bool)
    rows = versions.ordinal - wanted.first_ordinal
    inside = np.flatnonzero((rows >= 0) & (rows < len(is_present)))
    rows = rows[inside]
    is_other[rows] = True
    # Eight bytes at a time, (V, 4).
    published, wished = versions.fingerprint.view(np.uint64), wanted.fingerprint.view(np.uint64)
    is_same = published.take(inside, axis=0) == wished.take(rows, axis=0)
    is_present[rows[is_same.all(axis=1)]] = True
    return is_present & (wanted.rule == Rule.ELIGIBLE.value), is_other


def _settled(facts: Facts, wanted: Wanted, is_present: _Flags, is_other: _Flags, *, force: bool) -> NDArray[np.uint8]:
    """The actions as far as candles and published versions alone decide them."""
    rule, action = wanted.rule, np.full(len(wanted.rule), Action.TRAIN, dtype=np.uint8)
    again = len(action) if facts.again_from is None else facts.again_from.toordinal() - wanted.first_ordinal
    is_old = np.arange(len(action)) < again
    if not force:
        action[is_other & is_old] = Action.STALE
        action[is_present] = Action.REUSE
    is_unknown = (rule == Rule.NOT_STORED.value) | (rule == Rule.NOT_DELIVERED.value)
    action[is_unknown] = np.where((is_other & is_old)[is_unknown], Action.STALE, Action.UNAVAILABLE)
    action[(rule != Rule.ELIGIBLE.value) & ~is_unknown] = Action.SKIP
    return action


def _explain_unavailable(facts: Facts, plan: CoinPlan, rows: _Rows, holds: HoldsByDay) -> None:
    """Candles that are not at hand: by the last look's words, else by what was tried."""
    wanted = plan.wanted
    problem = facts.problems.get(wanted.coin)
    for row in rows.tolist():
        for hold in holds.get(wanted.first_ordinal + row, ()):
            if hold.fingerprint is None and hold.kind is not HoldKind.RUNNING:
                plan.details[row], plan.held[row] = hold.reason, hold.kind
        if problem is not None:
            plan.details[row] = str(problem)
        elif wanted.rule[row] == Rule.NOT_DELIVERED.value:
            plan.details[row] = f"the source has not shown the end of {wanted.day(row)} yet; it is requested again"


def _hold_back(plan: CoinPlan, rows: _Rows, holds: HoldsByDay) -> _Rows:
    """Rows that nothing holds back; the others get their action by what was tried before."""
    is_free = np.ones(len(rows), dtype=bool)
    days = np.fromiter(holds, dtype=np.int64, count=len(holds))
    for at in np.flatnonzero(np.isin(rows + plan.wanted.first_ordinal, days)).tolist():
        row = int(rows[at])
        hold = _hold(plan.wanted, row, holds)
        if hold is not None:
            plan.action[row], plan.details[row], plan.held[row] = _HELD[hold.kind], hold.reason, hold.kind
            is_free[at] = False
    return rows[is_free]


def _add_parents(plan: CoinPlan, rows: _Rows, holds: HoldsByDay) -> None:
    """The rows' parents, none of them published, come first; a row whose parent cannot be made now waits."""
    wanted = plan.wanted
    for row, parent in zip(rows.tolist(), wanted.parent[rows].tolist(), strict=True):
        if parent in plan.ancestors:
            continue
        hold = _hold(wanted, parent, holds)
        if hold is None:
            plan.ancestors.add(parent)
            plan.details.setdefault(parent, f"{wanted.coin} {wanted.day(row)} starts from it")
            continue
        plan.action[row] = Action.UNAVAILABLE if hold.kind is HoldKind.UNAVAILABLE else Action.WAITING
        plan.details[row] = f"its parent of {wanted.day(parent)} comes first: {hold.reason}"
        plan.held[row] = hold.kind


def _hold(wanted: Wanted, row: int, holds: HoldsByDay) -> Hold | None:
    """What earlier tries say, where they tried what is wanted now."""
    row_holds = holds.get(wanted.first_ordinal + row, ())
    fingerprint = wanted.fingerprint[row].tobytes().hex() if row_holds else ""
    return next((hold for hold in row_holds if hold.holds(fingerprint)), None)
