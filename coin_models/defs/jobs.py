"""The jobs: named selections of assets that a schedule, a sensor, the command line and the UI launch.

Belongs here: selections, and the executor that all of them use. Not here: when they run.
"""

from dagster import AssetSelection, ExecutorDefinition, define_asset_job, in_process_executor
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

RETRAIN = "retrain"


def one_process() -> ExecutorDefinition:
    """All steps of a run in the run's own process: torch is imported once, and a step starts as soon as the outputs it
    needs are there, whether or not the step before failed for another coin (defs/outputs.py)."""
    return in_process_executor.configured(
        {"step_dependency_config": {"require_upstream_step_success": False}}, name="one_process"
    )


def retrain_job() -> UnresolvedAssetJobDefinition:
    """Everything of a trading day: candles, models, and what follows from them."""
    return define_asset_job(
        RETRAIN,
        selection=AssetSelection.all(),
        executor_def=one_process(),
        description="Retrains the coins of a trading day: candles, models, and what follows from them.",
    )
