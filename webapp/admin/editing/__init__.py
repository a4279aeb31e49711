"""One row: its form, the unit of work that saves it, and how it is deleted."""
