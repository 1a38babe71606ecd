"""All problems of the settings are reported at once, without a credential."""

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coin_models_tests.settings.environments import refusal

_SECRET = "hunter2hunter2"

# Each wrong by itself, whatever the others are: the variable, a value, and what must be said of it.
_WRONG = {
    "COIN_MODELS_TRANING_EPOCHS": ("3", "COIN_MODELS_TRANING_EPOCHS: unknown setting"),
    "COIN_MODELS_TRAINING_EPOCHS": ("many", "training.epochs: "),
    "COIN_MODELS_TRAINING_VALIDATION_DAYS": ("90", "validation_days (90) must be less than lookback_days (90)"),
    "COIN_MODELS_TRAINING_QUANTILES": ("0.1,0.9", "quantiles (0.1, 0.9) must hold 0.5"),
    "COIN_MODELS_MARKET_MIN_DAY_COVERAGE": ("7", "market.min_day_coverage: "),
    "COIN_MODELS_OPERATIONS_HEARTBEAT_SECONDS": (
        "80",
        "heartbeat_seconds (80.0) must be at most half of lease_seconds",
    ),
    "COIN_MODELS_INTERRUPTION_CHECKPOINT_MIN_SECONDS": ("60", "checkpoint_min_seconds (60.0) must not exceed"),
    "COIN_MODELS_COSTS_MARKET": ("spot", "market 'spot' needs price_usd_per_hour"),
    "COIN_MODELS_COSTS_DEADLINE": ("late", "deadline 'late' is not a time of day"),
    "COIN_MODELS_SOURCE": ("files", "source 'files' needs market.files_path"),
    "COIN_MODELS_TIMEFRAME": ("7m", "timeframe: '7m' is not one of"),
    "COIN_MODELS_UNIVERSE": ("BTC,btc", "universe: BTC named more than once"),
    "COIN_MODELS_DATABASE_URL": (f"me:{_SECRET}@host/name", "database_url: it is not postgresql://"),
    "COIN_MODELS_STORE_URL": (f"ftp://me:{_SECRET}@host", "store_url holds credentials"),
    "COIN_MODELS_STORE_SECRET_ACCESS_KEY": (
        _SECRET,
        "store_access_key_id and store_secret_access_key must be given together",
    ),
}


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(chosen=st.sets(st.sampled_from(sorted(_WRONG)), min_size=1))
def test_every_problem_of_any_selection_is_listed_and_nothing_secret_is_quoted(
    tmp_path: Path, chosen: set[str]
) -> None:
    message = refusal(tmp_path, {name: _WRONG[name][0] for name in chosen})

    assert [name for name in chosen if _WRONG[name][1] not in message] == []
    assert _SECRET not in message


def test_a_mistyped_variable_is_told_what_was_probably_meant(tmp_path: Path) -> None:
    message = refusal(tmp_path, {"COIN_MODELS_TRANING_EPOCHS": "3"})

    assert "1 problem(s)" in message
    assert "did you mean COIN_MODELS_TRAINING_EPOCHS?" in message


def test_unknown_keys_of_the_file_are_listed_with_their_tables(tmp_path: Path) -> None:
    message = refusal(tmp_path, toml='sauce = "demo"\n[training]\nepoch = 3\n')

    assert "sauce: unknown setting" in message
    assert "training.epoch: unknown setting" in message


def test_a_problem_is_named_with_the_variable_and_value_or_with_the_file_and_line(tmp_path: Path) -> None:
    message = refusal(
        tmp_path, {"COIN_MODELS_TRAINING_EPOCHS": "many"}, toml='[training]\nlearning_rate = "x"\nepoch = 3\n'
    )

    assert "COIN_MODELS_TRAINING_EPOCHS: training.epochs: " in message
    assert "(it is 'many')" in message
    assert "coin_models.toml, line 2: training.learning_rate: " in message
    assert "coin_models.toml, line 3: training.epoch: unknown setting (did you mean training.epochs?)" in message


def test_variables_of_the_tests_are_no_settings_and_refuse_nothing(tmp_path: Path) -> None:
    message = refusal(tmp_path, {"COIN_MODELS_TESTS_DATA": "/data", "COIN_MODELS_TEST_DATA": "/data"})

    assert "COIN_MODELS_TEST_DATA: unknown setting" in message
    assert "COIN_MODELS_TESTS_DATA" not in message


def test_a_file_that_is_no_toml_is_refused_with_the_line(tmp_path: Path) -> None:
    message = refusal(tmp_path, toml="source = demo\n")

    assert "coin_models.toml cannot be read" in message
    assert "line 1" in message
