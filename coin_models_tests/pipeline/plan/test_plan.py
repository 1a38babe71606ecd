"""Plans as a whole: what holds of every plan, whatever the facts."""

from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from coin_models.pipeline.plan.action import Action
from coin_models.pipeline.plan.facts import Facts
from coin_models.pipeline.plan.plan import make_plan
from coin_models_tests.pipeline.plan.strategies import RECIPE, carried_out, states, with_published


@given(states())
def test_a_plan_of_a_plan_is_empty(state: Facts) -> None:
    plan = make_plan(state)
    merged = {coin: [*versions] for coin, versions in carried_out(plan).items()}
    before = {
        coin: [
            (date.fromordinal(int(ordinal)), fingerprint.tobytes().hex())
            for ordinal, fingerprint in zip(versions.ordinal, versions.fingerprint, strict=True)
        ]
        for coin, versions in state.published.items()
    }
    everything = {coin: [*before.get(coin, []), *merged.get(coin, [])] for coin in state.coins}

    assert make_plan(with_published(state, everything)).to_train() == []


@given(states(), st.data())
def test_a_coin_day_is_planned_alike_whatever_else_is_asked_for(state: Facts, data: st.DataObject) -> None:
    days = sorted(data.draw(st.sets(st.sampled_from(state.days), min_size=1)))
    coins = data.draw(st.permutations(state.coins))[: data.draw(st.integers(1, len(state.coins)))]

    part = make_plan(replace(state, days=tuple(days), coins=tuple(coins)))

    whole = {item.key: item for item in make_plan(state)}
    for item in part:
        other = whole[item.key]
        assert (item.fingerprint, item.parent_fingerprint) == (other.fingerprint, other.parent_fingerprint)
        if (
            "starts from it" not in other.reason + item.reason
        ):  # kept for itself, made again for one that starts from it
            assert (item.action, item.reason) == (other.action, other.reason)


@given(states())
def test_whatever_is_trained_has_its_parent_published_or_trained_before(state: Facts) -> None:
    plan = make_plan(state)
    there = {
        (coin, fingerprint.tobytes().hex())
        for coin, versions in state.published.items()
        for fingerprint in versions.fingerprint
    }

    for item in plan.to_train():
        assert item.parent_fingerprint is None or (item.coin, item.parent_fingerprint) in there
        there.add((item.coin, item.fingerprint or ""))


@given(states())
def test_counts_and_actions_tell_the_same_story(state: Facts) -> None:
    plan = make_plan(state)
    counted = plan.counts()

    assert sum(counted.values()) == len(state.days) * len(state.coins) + len(plan.ancestors())
    assert counted[Action.TRAIN] == len(plan.to_train())
    assert RECIPE.full_retrain_every_days == 7
