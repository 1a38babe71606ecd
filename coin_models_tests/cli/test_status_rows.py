"""Equal rows of coins as one."""

from coin_models.cli.status_rows import MAX_ROWS, fold, names


def test_rows_are_in_the_order_of_their_first_coin_with_open_ones_in_front() -> None:
    rows, others = fold({"BTC": "done", "ETH": "done", "SOL": "open", "XRP": "done", "ADA": "done"}, "open".__eq__)

    assert rows == [("SOL", "open"), ("BTC, ETH and 2 more", "done")]
    assert others == 0


def test_coins_beyond_the_last_row_are_counted() -> None:
    different = {f"C{number}": number // 2 for number in range(2 * MAX_ROWS + 6)}

    rows, others = fold(different, lambda row: False)

    assert len(rows) == MAX_ROWS
    assert others == 6


def test_three_coins_are_named_and_more_are_counted() -> None:
    assert names(["BTC"]) == "BTC"
    assert names(["BTC", "ETH", "SOL"]) == "BTC, ETH, SOL"
    assert names(["BTC", "ETH", "SOL", "XRP"]) == "BTC, ETH and 2 more"
