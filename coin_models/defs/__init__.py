"""The Dagster definitions: jobs, schedule, partitions, resources, asset checks; assets and sensors have rooms of their own.

Only this package and the CLI, which runs Dagster in its own process, import dagster.
"""
