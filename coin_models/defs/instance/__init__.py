"""The Dagster instance: where its runs and events are stored, and every private name of Dagster in coin_models."""
