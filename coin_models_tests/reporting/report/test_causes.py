"""One cause is one line: what differs only in a number or in the coin's own name is the same cause."""

from coin_models.reporting.report.causes import CoinNote, by_cause, name_coins, one_line_each
from coin_models.reporting.report.daily_report import DecisionLine


def note(coin: str, reason: str) -> CoinNote:
    return CoinNote(coin=coin, words=f" failed: {reason}")


def decision(coin: str, reason: str, kind: str = "none") -> DecisionLine:
    return DecisionLine(coin=coin, decision=kind, version_id=None, reason=reason, decided_by="policy")


def test_one_coin_is_its_own_line() -> None:
    assert one_line_each([note("BTC", "no disk"), note("ETH", "no net")]) == [
        "BTC failed: no disk",
        "ETH failed: no net",
    ]


def test_a_cause_that_says_the_same_of_each_coin_is_said_once() -> None:
    assert one_line_each([note("BTC", "no disk"), note("ETH", "no disk")]) == ["2 coins failed: no disk (BTC, ETH)"]


def test_numbers_and_the_coins_own_name_make_no_other_cause() -> None:
    notes = [note("BTC", "the loss of BTC is 1.5"), note("ETH", "the loss of ETH is 2.75")]

    assert one_line_each(notes) == ["2 coins, such as BTC failed: the loss of BTC is 1.5 (also ETH)"]


def test_decisions_are_apart_by_kind() -> None:
    lines = [decision("BTC", "1 of 14 days"), decision("ETH", "2 of 14 days"), decision("SOL", "1 of 14 days", "hold")]

    causes = by_cause(lines)

    assert [(cause.line.decision, cause.names) for cause in causes] == [("none", "BTC, ETH"), ("hold", "SOL")]
    assert [cause.reason for cause in causes] == ["such as 1 of 14 days", "1 of 14 days"]


def test_the_first_five_coins_are_named() -> None:
    assert name_coins("ABCDE") == "A, B, C, D, E"
    assert name_coins("ABCDEFG") == "A, B, C, D, E and 2 more"
