"""The project's own tables, their migrations, the engine."""
