"""Digests of inputs: no two different inputs read alike, and what could not be read shows."""

from coin_models.pipeline.derived.digests import digest, is_provisional, provisional


def test_where_a_part_ends_is_part_of_the_digest() -> None:
    assert digest("x", "ab", "c") != digest("x", "a", "bc")
    assert digest("x", ["a", "b"]) != digest("x", ["a"], ["b"])
    assert digest("x", ["a\nb"]) != digest("x", ["a", "b"])


def test_kind_and_order_are_part_of_the_digest() -> None:
    assert digest("trades", "a") != digest("patterns", "a")
    assert digest("trades", ["a", "b"]) != digest("trades", ["b", "a"])


def test_nothing_is_an_empty_list_and_not_an_empty_text() -> None:
    assert digest("x", None) == digest("x", [])
    assert digest("x", None) != digest("x", "")


def test_what_was_made_of_all_inputs_has_the_wanted_digest() -> None:
    assert provisional("wanted", []) == "wanted"
    assert not is_provisional("wanted")


def test_what_was_made_without_some_input_is_provisional_and_as_long_as_any_digest() -> None:
    wanted = digest("trades", "a")

    stored = provisional(wanted, ["BTC", "ETH"])

    assert is_provisional(stored)
    assert len(stored) == len(wanted) == 64


def test_a_provisional_digest_depends_on_what_could_not_be_read_and_not_on_its_order() -> None:
    assert provisional("wanted", ["BTC", "ETH"]) == provisional("wanted", ["ETH", "BTC"])
    assert provisional("wanted", ["BTC"]) != provisional("wanted", ["ETH"])
    assert provisional("wanted", ["BTC"]) != provisional("other", ["BTC"])
