"""The daily report: from the rows of a day to one page of which models can be trusted. `pipeline/derived` has it made."""
