"""The daily report: one page that shows which models can be trusted today."""
