"""One trading day's fits from plan to published versions: prepare, form cohorts, call `training`, publish."""
