"""The daily report and notifications."""
