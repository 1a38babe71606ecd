"""Tests of the Dagster definitions: their shape, and small real runs on an instance of their own."""
