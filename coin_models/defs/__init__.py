"""The Dagster definitions: the only package, with the CLI, that imports dagster."""
