"""Outputs of the steps: every one is yielded, and every one is withheld.

Dagster skips a whole step when one upstream output of a step that succeeded is absent (`_should_skip_step`, single
source inputs, dagster 1.13 `_core/execution/plan/active.py`): one coin without candles would skip the fit of all the
others. So each asset yields its output whatever became of it, marked so that Dagster records no materialization for it
(`_log_materialization_or_observation_events_for_asset` returns at once for this metadata key): what was made, the
daybook recorded day by day (daybook.py). A step with failures then fails with its summary. The executor runs a step as
soon as its inputs' outputs are there (`require_upstream_step_success: false`), so the steps after it still see the
coins that are well. coin_models_tests/defs/test_outputs.py holds all of this against the installed Dagster.

Belongs here: asset keys and owners, the withheld output, the summary of failures. Not here: what an asset computes.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from dagster import AssetExecutionContext, AssetKey, Failure, JsonMetadataValue, Output
from dagster._core.definitions.source_asset import SYSTEM_METADATA_KEY_SOURCE_ASSET_OBSERVATION

OWNERS = ("team:coin_models",)  # of every asset: the UI filters by it, and an alert names it


def asset_key(kind: str, coin: str) -> AssetKey:
    """The key `kind/COIN`."""
    return AssetKey([kind, coin])


def withheld(output_name: str) -> Output[Any]:
    """An output that lets later steps go on and records nothing."""
    return Output(None, output_name=output_name, metadata={SYSTEM_METADATA_KEY_SOURCE_ASSET_OBSERVATION: True})


def selected_coins(context: AssetExecutionContext, kind: str, coins: Sequence[str]) -> list[str]:
    """The coins whose asset this run was asked for, in universe order."""
    selected = context.selected_asset_keys
    return [coin for coin in coins if asset_key(kind, coin) in selected]


_REASONS_SHOWN = 25
FAILED = "failed"  # in a step's failure: the list of who failed


def fail_with_summary(failures: Mapping[str, str], what: str) -> None:
    """Fails the step, without a retry by Dagster, naming who failed and why; nothing if nobody did.

    Retries are the resume sensor's: it counts attempts per coin, and Dagster's per step would train the well ones again.
    """
    if failures:
        reasons = "; ".join(f"{who}: {reason}" for who, reason in list(failures.items())[:_REASONS_SHOWN])
        if len(failures) > _REASONS_SHOWN:
            reasons += f"; and {len(failures) - _REASONS_SHOWN} more"
        raise Failure(
            f"{what}: {len(failures)} failed, the others are kept. {reasons}",
            metadata={FAILED: JsonMetadataValue(list(failures))},
            allow_retries=False,
        )
