"""Something done to many objects at once: which ones, doing it, and the pages that ask before and tell after."""
