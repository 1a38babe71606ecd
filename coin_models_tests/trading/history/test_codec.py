"""The Parquet file of a coin-day: equal values give equal bytes, any tool reads it, damage is a sentence."""

import io
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from coin_models.errors import ObjectDamaged
from coin_models.trading.history.codec import decode_forecasts, encode_day, encode_forecasts
from coin_models.trading.history.day import DayForecasts, Outcomes, RoleForecasts
from coin_models.trading.trades import Role

DAY, LEVELS = date(2024, 8, 10), (0.1, 0.5, 0.9)


def outcomes(*realised: float) -> Outcomes:
    made_at_ms = np.arange(len(realised), dtype=np.int64) * 300_000
    return Outcomes(made_at_ms=made_at_ms, valid_until_ms=made_at_ms + 3_600_000, realised=np.array(realised))


def role(role: Role = Role.CHAMPION, levels: tuple[float, ...] = LEVELS) -> RoleForecasts:
    quantiles = np.arange(2.0 * len(levels)).reshape(2, -1) / 7
    return RoleForecasts(
        role=role,
        version_id="BTC-2024-08-09-aaaaaaaaaaaa",
        version_day=date(2024, 8, 9),
        levels=levels,
        quantiles=quantiles,
        reference=None if role is Role.REFERENCE else quantiles / 3,
        unconditional=tuple(level - 0.5 for level in levels),
        scale=np.array([0.01, 0.02]),
        outcomes=outcomes(0.125, float("nan")),
    )


def day(*roles: RoleForecasts) -> DayForecasts:
    return DayForecasts(coin="BTC", day=DAY, roles=roles, earlier=outcomes(0.5))


def test_the_file_is_read_by_pandas_with_every_number_as_it_was() -> None:
    frame = pd.read_parquet(io.BytesIO(encode_forecasts(day(role()))))

    assert list(frame["role"]) == ["outcome", "champion", "champion"]
    assert frame["quantile_0.9"].tolist()[1:] == [2 / 7, 5 / 7]
    assert frame["reference_0.1"].tolist()[1:] == [0.0, 3 / 7 / 3]
    assert frame["unconditional_0.1"].tolist()[1:] == [-0.4, -0.4]
    assert frame["realised"].tolist()[:2] == [0.5, 0.125]
    assert pd.isna(frame["realised"][2])
    assert set(frame["coin"]) == {"BTC"}
    assert set(frame["day"]) == {DAY}
    assert str(frame["made_at"].dtype.tz) == "UTC"  # type: ignore[union-attr]


def test_equal_values_give_equal_bytes_and_other_values_others() -> None:
    one, other = role(), replace(role(), scale=np.array([0.01, 0.03]))

    assert encode_forecasts(day(one)) == encode_forecasts(day(role()))
    assert encode_forecasts(day(one)) != encode_forecasts(day(other))


def test_roles_with_other_levels_share_a_file() -> None:
    made = day(role(), role(Role.CHALLENGER, (0.05, 0.5, 0.95)))

    table = decode_forecasts("it", encode_forecasts(made))

    assert made.levels == (0.05, 0.1, 0.5, 0.9, 0.95)
    assert table.column("quantile_0.05").to_pylist()[:3] == [None] * 3
    assert table.column("quantile_0.95").null_count == 3


def test_a_reference_has_no_reference_beside_it() -> None:
    table = decode_forecasts("it", encode_forecasts(day(role(Role.REFERENCE))))

    assert "reference_0.1" not in table.column_names


def test_a_day_that_nothing_forecast_has_no_file() -> None:
    encoded = encode_day(day())

    assert (encoded.data, encoded.levels, encoded.num_forecasts) == (None, (), 0)
    assert encode_day(day(role(), role(Role.CHALLENGER))).num_forecasts == 4


def test_other_bytes_are_called_damaged() -> None:
    data = encode_forecasts(day(role()))
    frame = io.BytesIO()
    pd.DataFrame({"a": [1]}).to_parquet(frame)

    with pytest.raises(ObjectDamaged, match="x: 8 bytes are not stored forecasts"):
        decode_forecasts("x", data[:8])
    with pytest.raises(ObjectDamaged, match="x holds forecasts of schema None"):
        decode_forecasts("x", frame.getvalue())
