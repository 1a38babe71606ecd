"""The drill: kills its own retraining repeatedly, and shows that nothing was lost."""
