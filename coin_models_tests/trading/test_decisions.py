"""The values of promotion."""

import pytest

from coin_models.trading.decisions import Decision, Verdict, refused_versions
from coin_models_tests.trading.builders import DAY, contender, score_of


def test_a_record_may_not_hold_a_day_the_version_was_fitted_on() -> None:
    with pytest.raises(ValueError, match="begin after its day"):
        contender("v", DAY, {DAY: score_of([0.9] * 24)})


def test_only_a_decision_for_no_version_leaves_a_coin_without_champion() -> None:
    for verdict, version_id in ((Verdict.NONE, "v"), (Verdict.HOLD, None)):
        with pytest.raises(ValueError, match="only the verdict 'none'"):
            Decision(coin="BTC", day=DAY, verdict=verdict, version_id=version_id, reason="r")


def test_a_broken_champion_is_logged_and_never_contends_again_nor_do_those_refused_before() -> None:
    judged = Decision(coin="BTC", day=DAY, verdict=Verdict.HOLD, version_id="v1", reason="r", challenger_id="v2")
    broken = Decision(coin="BTC", day=DAY, verdict=Verdict.ROLLBACK, version_id="v1", reason="r", broken_id="v4")
    refused = {"refused_version_id": "v3"}  # as coin_models 0.2 wrote it

    refused_ids = refused_versions([judged.log_statistics(), broken.log_statistics(), refused, {}])

    assert refused_ids == {"v3", "v4"}
