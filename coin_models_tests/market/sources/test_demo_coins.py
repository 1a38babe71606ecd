"""The coins of the demo market differ, and their prices have digits enough to move."""

from coin_models.market.sources.demo_coins import DEMO_COINS


def test_no_two_coins_are_alike() -> None:
    coins = DEMO_COINS.values()

    assert len(DEMO_COINS) == 20
    assert [name for name, coin in DEMO_COINS.items() if name != coin.name] == []
    assert len({(coin.price_usd, coin.daily_volatility) for coin in coins}) == len(DEMO_COINS)


def test_a_usual_move_of_five_minutes_is_many_ticks() -> None:
    ticks = {
        coin.name: coin.price_usd * coin.daily_volatility / 17 * 10**coin.price_decimals for coin in DEMO_COINS.values()
    }

    assert {name: count for name, count in ticks.items() if count < 50} == {}  # 288 moves a day: a 17th of a day's
