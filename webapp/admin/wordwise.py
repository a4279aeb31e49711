"""Two texts compared word by word, in time and length that have an end."""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

# Where the texts differ in more words than these, what differs is told as a whole: comparing takes their product.
MAX_WORDS = 200
# So many words and blanks are told before and after a difference, and so many characters of each.
CONTEXT = 24
# Texts that differ in more places are two texts, which nobody reads as one.
MAX_RUNS = 60
MAX_RUN = 1_000
CUT = "…"


class Run(NamedTuple):
    """:ivar kind: ``same``, ``was`` for what is gone, or ``now`` for what has come."""

    kind: str
    text: str


def compared(old: str, new: str) -> list[Run]:
    """What became of *old*: the differences in their order, and some words around each."""
    before, after = _words(old), _words(new)
    start = _common(before, after)
    end = _common(before[start:][::-1], after[start:][::-1])
    middle = before[start : len(before) - end], after[start : len(after) - end]
    runs = [Run("same", "".join(before[:start])), *_differing(*middle)]
    runs.append(Run("same", "".join(before[len(before) - end :])))
    told = [run for run in runs if run.text]
    return [_shortened(run, place, len(told)) for place, run in enumerate(told)]


def _words(text: str) -> list[str]:
    return re.findall(r"\s+|\w+|[^\w\s]", text)


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """With how many equal words both begin."""
    return next(
        (place for place, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]),
        min(len(one), len(other)),
    )


def _differing(before: list[str], after: list[str]) -> Iterator[Run]:
    runs = list(_matched(before, after)) if max(len(before), len(after)) <= MAX_WORDS else []
    if not 0 < len(runs) <= MAX_RUNS:
        runs = [Run("was", "".join(before)), Run("now", "".join(after))]
    yield from runs


def _matched(before: list[str], after: list[str]) -> Iterator[Run]:
    was = now = ""
    for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        # A blank between two differences is no word that stayed.
        if tag == "equal" and (text := "".join(before[a:b])).strip():
            yield from (Run("was", was), Run("now", now), Run("same", text))
            was = now = ""
        else:
            was, now = was + "".join(before[a:b]), now + "".join(after[c:d])
    yield from (Run("was", was), Run("now", now))


def _shortened(run: Run, place: int, number: int) -> Run:
    if run.kind != "same" or number == 1:
        return run if len(run.text) <= MAX_RUN else Run(run.kind, run.text[:MAX_RUN] + CUT)
    words = _words(run.text)
    head = "".join(words[:CONTEXT])[:MAX_RUN] if place else ""
    tail = "".join(words[-CONTEXT:])[-MAX_RUN:] if place < number - 1 else ""
    if len(head) + len(tail) >= len(run.text) or (place and place < number - 1 and len(words) <= 2 * CONTEXT):
        return run
    return Run("same", f"{head}{CUT}{tail}")
