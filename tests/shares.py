"""How much of what is alike a run tries: all with ``THOROUGH=1``, else a part, another with each seed."""

import os
import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

IS_THOROUGH = bool(os.environ.get("THOROUGH"))


def share(values: Sequence[T], parts: int = 4) -> Sequence[T]:
    """All of *values*, or one of so many *parts* of them.

    pytest-randomly seeds every test with the number that the run prints, so ``SEED=…`` gives the same part again.
    """
    return values if IS_THOROUGH else values[random.randrange(parts) :: parts]  # noqa: S311 - no secret


def examples(number: int) -> int:
    """How many examples Hypothesis makes of *number*."""
    return number if IS_THOROUGH else max(number // 4, 5)
