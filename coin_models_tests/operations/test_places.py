"""Whether an error is the coin's or a place's: by type, and by majority within a run."""

import errno
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import OperationalError

from coin_models import errors
from coin_models.operations.places import CoinError, normalised, place_of, unavailable_coins

COINS = ("BTC", "ETH", "SOL", "XRP")


def caused(error: Exception, cause: BaseException) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "place"),
    [
        (errors.SourceUnavailable("503"), "source"),
        (errors.SourceBlocked("451"), "source"),
        (errors.SourceRefused("no such symbol"), None),
        (errors.CandlesRejected("row 7"), None),
        (errors.StoreUnavailable("time-out"), "store"),
        (errors.StoreRefused("wrong credentials"), "store"),
        (errors.DiskFull("no space"), "machine"),
        (errors.ObjectDamaged("checksum"), None),
        (errors.DatabaseError("no such table"), "database"),
        (errors.DatabaseUnavailable("no answer"), "database"),
        (errors.FitDiverged("not finite"), None),
        (errors.NotTrainable("short history"), None),
        (OperationalError("SELECT 1", {}, Exception("server closed the connection")), "database"),
        (OSError(errno.ENOSPC, "No space left on device"), "machine"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "machine"),
        (MemoryError(), "machine"),
        (ConnectionResetError(), "network"),
        (TimeoutError(), "network"),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), "network"),
        (FileNotFoundError(errno.ENOENT, "BTC.csv"), None),
        (PermissionError(errno.EACCES, "BTC.csv"), None),
        (ValueError("nan"), None),
        (caused(errors.TrainingError("the fit failed"), errors.StoreUnavailable("time-out")), "store"),
        (caused(RuntimeError("in a thread"), OSError(errno.ENOSPC, "full")), "machine"),
        # an exchange says "no such symbol" over HTTP: what ccxt raised below it decides nothing
        (caused(errors.SourceRefused("no such symbol"), ConnectionError("400")), None),
    ],
    ids=repr,
)
def test_the_type_of_an_error_tells_its_place(error: Exception, place: str | None) -> None:
    assert place_of(error) == place


def test_every_transient_error_of_the_tree_is_of_a_place() -> None:
    tree = [
        kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.CoinModelsError)
    ]
    transient = [kind for kind in tree if kind.transient]

    assert errors.DiskFull in transient
    assert [kind for kind in transient if kind.place is None] == []


def failed(coins: Sequence[str], error: Exception) -> list[CoinError]:
    return [CoinError.of(coin, error) for coin in coins]


def test_an_error_of_a_place_makes_a_single_coin_unavailable() -> None:
    unavailable = unavailable_coins(failed(["BTC"], errors.StoreUnavailable("could not put x: time-out")), num_tried=1)

    assert {coin: str(item) for coin, item in unavailable.items()} == {
        "BTC": "store unavailable: could not put x: time-out"
    }


@pytest.mark.parametrize(
    ("num_failed", "num_tried", "is_the_place"),
    [
        (1, 1, False),
        (1, 2, False),
        (2, 2, True),
        (2, 3, True),
        (2, 4, True),
        (2, 5, False),
        (3, 6, True),
        (4, 9, False),
    ],
)
def test_half_of_the_coins_and_at_least_two_with_the_same_error_are_the_place(
    num_failed: int, num_tried: int, is_the_place: bool
) -> None:
    unavailable = unavailable_coins(failed(COINS[:num_failed], ValueError("no such device")), num_tried=num_tried)

    assert len(unavailable) == (num_failed if is_the_place else 0)


def test_names_numbers_paths_and_digests_do_not_make_an_error_another_one() -> None:
    alike = [
        CoinError.of("BTC", errors.CandlesRejected("BTC.csv cannot be read as candles: line 12 of BTC/USDT")),
        CoinError.of("ETH", errors.CandlesRejected("ETH.csv cannot be read as candles: line 977 of ETH/USDT")),
    ]

    unavailable = unavailable_coins(alike, num_tried=4)

    assert {coin: item.place for coin, item in unavailable.items()} == {"BTC": "source", "ETH": "source"}


def test_different_errors_stay_each_coins_own() -> None:
    own = [CoinError.of("BTC", ValueError("no column open")), CoinError.of("ETH", ValueError("no column close"))]

    assert unavailable_coins(own, num_tried=2) == {}


def test_one_coins_own_error_stays_its_own_among_many_that_meet_a_place() -> None:
    errors_of_run = [
        *failed(COINS[:3], errors.SourceUnavailable("tried to fetch: 503")),
        CoinError.of("XRP", errors.CandlesRejected("row 7")),
    ]

    assert set(unavailable_coins(errors_of_run, num_tried=4)) == set(COINS[:3])


def test_fits_that_diverge_are_no_place_however_many() -> None:
    assert unavailable_coins(failed(COINS, errors.FitDiverged("the loss is no longer finite")), num_tried=4) == {}


def test_a_coin_that_fails_twice_in_a_run_is_one_coin() -> None:
    assert unavailable_coins([*failed(["BTC"], ValueError("x")), *failed(["BTC"], ValueError("x"))], num_tried=2) == {}


@given(st.lists(st.sampled_from(COINS), max_size=8), st.integers(1, 20))
def test_only_coins_that_failed_are_ever_unavailable(coins: list[str], more: int) -> None:
    tried = len(set(coins)) + more

    unavailable = unavailable_coins(failed(coins, ValueError("the same")), num_tried=tried)

    assert set(unavailable) in (set(), set(coins))
    assert bool(unavailable) == (len(set(coins)) >= 2 and 2 * len(set(coins)) >= tried)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("BTC on 2024-08-15: 12 of 288 candles", "<coin> on <number>: <number> of <number> candles"),
        ("could not put models/BTC/2024-08-15/ab12cd34ef.bin: full", "could not put <path>: full"),
        ("digest 0123456789abcdef differs", "digest <digest> differs"),
        ("BTCDOM is another coin than BTC", "BTCDOM is another coin than <coin>"),
        ("cannot\n import   name", "cannot import name"),
    ],
)
def test_a_message_is_compared_without_what_differs_from_coin_to_coin(message: str, expected: str) -> None:
    assert normalised(message, ["BTC", "ETH"]) == expected
