"""Tags that Dagster gives its runs, by the names that its documentation and its UI show."""

PARTITION_NAME_TAG = "dagster/partition"
ASSET_PARTITION_RANGE_START_TAG = "dagster/asset_partition_range_start"
ASSET_PARTITION_RANGE_END_TAG = "dagster/asset_partition_range_end"
PARENT_RUN_ID_TAG = "dagster/parent_run_id"
WILL_RETRY_TAG = "dagster/will_retry"
