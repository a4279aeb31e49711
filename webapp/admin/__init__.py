"""The engine: it looks after any mapped model, knows people only through ``user.can()``, and imports no app."""
