"""Outputs of the per-coin multi-assets: named, and withheld where a coin has nothing to show.

Dagster skips a whole step when one upstream output of a step that succeeded is absent (`_should_skip_step`, single
source inputs, dagster 1.13 `_core/execution/plan/active.py`): one coin without candles would skip the fit of all the
others. So a coin that failed still yields its output, marked so that Dagster records no materialization for it
(`_log_materialization_or_observation_events_for_asset` returns at once for this metadata key), and the step then
fails with its summary. The executor runs a step as soon as its inputs' outputs are there
(`require_upstream_step_success: false`), so the steps after it still see the coins that are well.
coin_models_tests/defs/test_outputs.py holds all of this against the installed Dagster.

Belongs here: output names and the withheld output. Not here: what an asset computes.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from dagster import AssetExecutionContext, AssetKey, Failure, Output
from dagster._core.definitions.source_asset import SYSTEM_METADATA_KEY_SOURCE_ASSET_OBSERVATION


def asset_key(kind: str, coin: str) -> AssetKey:
    """The key `kind/COIN`."""
    return AssetKey([kind, coin])


def output_name(kind: str, coin: str) -> str:
    """Dagster's own name for the output of that asset in a multi-asset."""
    return asset_key(kind, coin).to_python_identifier()


def withheld(kind: str, coin: str) -> Output[Any]:
    """An output that lets later steps go on and leaves the coin's partition missing."""
    return Output(
        None, output_name=output_name(kind, coin), metadata={SYSTEM_METADATA_KEY_SOURCE_ASSET_OBSERVATION: True}
    )


def selected_coins(context: AssetExecutionContext, kind: str, coins: Sequence[str]) -> list[str]:
    """The coins whose asset this run was asked for, in universe order."""
    selected = context.selected_asset_keys
    return [coin for coin in coins if asset_key(kind, coin) in selected]


def fail_with_summary(failures: Mapping[str, str], what: str) -> None:
    """Fails the step, without a retry by Dagster, naming every coin that failed and why; nothing if none did.

    Retries are the resume sensor's: it counts attempts per coin, and Dagster's per step would train the well ones again.
    """
    if failures:
        reasons = "; ".join(f"{coin}: {reason}" for coin, reason in failures.items())
        raise Failure(f"{what}: {len(failures)} failed, the others are kept. {reasons}", allow_retries=False)
