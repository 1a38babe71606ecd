"""The daily report: one page that says which models deserve trust this morning."""
