"""The drill: kills its own retraining again and again, and shows that nothing was lost."""
