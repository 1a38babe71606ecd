"""One trading day's fits: prepare, form cohorts, fit, publish."""
