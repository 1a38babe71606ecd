"""The fits of one trading day: prepare, form cohorts, fit, publish."""
