"""`predict`: the forecast of one coin, of several or of all."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from coin_models.cli import options
from coin_models.cli.console import out, print_json, print_market, waiting
from coin_models.errors import CandlesTooOld, CoinModelsError, UsageError
from coin_models.exit_codes import ExitCode

if TYPE_CHECKING:
    from coin_models.pipeline.forecast import CurrentForecast, CurrentForecasts
    from coin_models.pipeline.services import Services

_PLOT_COLUMNS = 80
_BY = {
    "champion": "{}",
    "reference": "the reference of {} (no champion yet)",
    "pool": "{}, the mean of other coins' references (too young for a model of its own)",
}

Coin = Annotated[str | None, typer.Argument(help="Coin, such as BTC.")]
All = Annotated[bool, typer.Option("--all", help="Forecast every coin of the universe.")]
Coins = Annotated[str | None, typer.Option("--coins", help="Forecast these coins, comma-separated.")]
AllowStale = Annotated[
    bool, typer.Option("--allow-stale", help="Also forecast from candles that closed more than two candles ago.")
]

Plot = Annotated[
    bool, typer.Option("--plot", help="Also draw the last forecasts against what followed, in text; of one coin.")
]

Horizon = Annotated[
    str | None,
    typer.Option("--horizon", help="Horizon, such as 4h, of `training.more_horizons_minutes`; default: the main one."),
]


def predict(
    coin: Coin = None,
    every_coin: All = False,
    coins: Coins = None,
    allow_stale: AllowStale = False,
    plot: Plot = False,
    horizon: Horizon = None,
    as_json: options.AsJson = False,
) -> int:
    """Forecast with the champion: quantiles of the price at the end of the next horizon.

    Candles that closed more than two candles ago are refused with exit code 1. With --all or --coins such coins are listed, and
    the exit code is 3 where some coins could not be forecast, 1 where none could.
    """
    from coin_models.pipeline.services import open_services
    from coin_models.settings.load import load_settings

    if (coin is not None) + every_coin + (coins is not None) != 1:
        raise UsageError("give one of: a coin, such as `coin-models predict BTC`, --coins BTC,ETH or --all")
    if plot and (coin is None or as_json):
        raise UsageError("--plot draws one coin, such as `coin-models predict BTC --plot`, and is not JSON")
    if plot and horizon is not None:
        raise UsageError(
            "--plot draws recorded forecasts, which are of the main horizon: leave out --horizon or --plot"
        )
    with open_services(load_settings(), create=False) as services:
        if coin is not None:
            from coin_models.pipeline.forecast import forecast_now

            current = forecast_now(services, coin, allow_stale=allow_stale, horizon=horizon)
            return _show_one(services, current, as_json=as_json, plot=plot)
        from coin_models.pipeline.forecast import forecasts_now

        named = options.named_coins(coins)
        with waiting("forecasting"):
            all_current = forecasts_now(services, named, allow_stale=allow_stale, horizon=horizon)
        return _show_many(services, all_current, as_json=as_json)


def _show_one(services: "Services", current: "CurrentForecast", *, as_json: bool, plot: bool) -> int:
    from coin_models.pipeline.forecast import age_in_words

    print_market(services.settings, to_stderr=as_json)
    if as_json:
        print_json(current.to_json())
        return ExitCode.DONE
    forecast = current.forecast
    by = _BY[forecast.forecaster].format(forecast.version_id)
    out.print(f"[bold]{forecast.coin}[/] {forecast.price:,.6g} at {forecast.made_at:%Y-%m-%d %H:%M} UTC, by {by}")
    for level, price in forecast.prices.items():
        out.print(f"  {level:>4.0%}  {price:>14,.6g}   ({forecast.returns[level]:+.3%})")
    out.print(f"quantiles of the price at {forecast.valid_until:%Y-%m-%d %H:%M} UTC")
    ages = age_in_words(current.candles_age_seconds), _in_days(current.model_age_days)
    out.print(f"the newest candle closed {ages[0]} ago; the model is {ages[1]} old")
    if plot:
        from coin_models.cli.forecast_plot import plot_lines
        from coin_models.pipeline.forecast_bands import read_band

        for line in [
            "",
            *plot_lines(read_band(services, forecast.coin), forecast, width=min(out.width, _PLOT_COLUMNS)),
        ]:
            out.print(line, markup=False, soft_wrap=True)
    return ExitCode.DONE


def _show_many(services: "Services", current: "CurrentForecasts", *, as_json: bool) -> int:
    print_market(services.settings, to_stderr=as_json)
    if as_json:
        print_json(current.to_json())
    else:
        for line in _lines(current):
            out.print(line, soft_wrap=True)
    if not current.failures:
        return ExitCode.DONE
    return ExitCode.SOME_FAILED if current.forecasts else ExitCode.COULD_NOT_WORK


def _lines(current: "CurrentForecasts") -> list[str]:
    """A table of what was forecast, then a line for each coin that was not, then the numbers of both."""
    made = list(current.forecasts.values())
    levels = sorted({level for one in made for level in one.forecast.returns})
    width = max([4, *map(len, (*current.forecasts, *current.failures))])
    head = f"[bold]{'coin':<{width}}{'price':>14}" + "".join(f"{level:>9.0%}" for level in levels)
    lines = [f"{head}{'until (UTC)':>18}{'candle':>10}{'model':>10}  by[/]"] if made else []
    lines += [_row(one, levels, width) for one in made]
    lines += [f"{coin:<{width}}  {_reason(coin, error)}" for coin, error in current.failures.items()]
    num_stale = sum(isinstance(error, CandlesTooOld) for error in current.failures.values())
    without = f", {len(current.failures)} not, of them {num_stale} stale" if current.failures else ""
    return [
        *lines,
        f"{len(made)} coin(s) forecast{without}: quantiles of the return until then, ages of candle and model",
    ]


def _row(current: "CurrentForecast", levels: Sequence[float], width: int) -> str:
    from coin_models.pipeline.forecast import age_in_words

    forecast = current.forecast
    returns = (f"{forecast.returns[level]:>+9.2%}" if level in forecast.returns else f"{'-':>9}" for level in levels)
    until = f"{forecast.valid_until:%Y-%m-%d %H:%M}"
    ages = f"{age_in_words(current.candles_age_seconds):>10}{_in_days(current.model_age_days):>10}"
    price = f"{forecast.price:>14,.6g}"
    return f"{forecast.coin:<{width}}{price}{''.join(returns)}{until:>18}{ages}  {forecast.forecaster}"


def _reason(coin: str, error: CoinModelsError) -> str:
    word = "stale" if isinstance(error, CandlesTooOld) else "not forecast"
    return f"[yellow]{word}[/]: {escape(str(error).removeprefix(f'{coin}: '))}"


def _in_days(number: int) -> str:
    return f"{number} day{'' if number == 1 else 's'}"
