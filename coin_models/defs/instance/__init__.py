"""The Dagster instance: where its runs and events are kept, and every name of Dagster's that is not public."""
