"""What a list can be narrowed by, and what an address that narrows it means."""
