"""Tests of the Dagster instance."""
