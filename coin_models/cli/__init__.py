"""The command line. Commands call the same functions as the Dagster assets."""
