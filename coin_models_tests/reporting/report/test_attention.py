"""What the report's headline says needs attention."""

from dataclasses import replace

from coin_models.reporting.report.headline import headline
from coin_models_tests.reporting.report.builders import coin_line, empty_report


def test_a_coin_that_waits_for_a_place_needs_attention_with_the_reason() -> None:
    waiting = coin_line("BTC", state="unavailable", reason="source unavailable: 503")

    attention = headline(replace(empty_report(), coins=(waiting,))).attention

    assert attention[0] == "BTC unavailable: source unavailable: 503"
