"""The Dagster instance: where its runs and events are stored, and every private name of Dagster that this package
uses.
"""
