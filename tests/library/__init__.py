"""A library as an app of its own, which exists only here: every column type, odd names and keys, all relations.

It is what the engine is tried on: models as developers write them, over several files, and short declarations.
"""

from tests.library.admin import register

__all__ = ["register"]
