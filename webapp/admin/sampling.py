"""What the texts of a table are like, learnt from some of its rows: which pieces of a word are rare, how many hold it.

A hint that makes a search fast or slow and never right or wrong: it may be a minute old, or be of the wrong rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Column, Engine, Select, Table, func, literal, select, union_all
from sqlalchemy.orm import Session

from webapp.accents import unaccented
from webapp.search_index.names import MARK

# So many rows from so many places tell 1 % from none.
PLACES, ROWS_OF_EACH = 40, 25
# Rows that were read in together stand together: of what is met in fewer places, those rows may be all there are.
FEWEST_PLACES = 5
# Seconds.
HOLDS = 60
PIECE = 3
# Of a word so many pieces are enough, and fewer than two say less than the whole; rare is what so few rows hold.
MOST_PIECES, FEWEST_PIECES, RARE = 3, 2, 0.02

_samples: "WeakKeyDictionary[Engine, dict[Table, tuple[float, Sample]]]" = WeakKeyDictionary()


@dataclass(frozen=True)
class Sample:
    """:ivar texts: of some rows all the searched texts, marked and in small letters, each with its place.

    :ivar rows: about how many the table has.
    """

    texts: Sequence[tuple[str, int]]
    rows: float
    _known: dict[str, int] = field(default_factory=dict)

    def about(self, words: Sequence[Sequence[str]]) -> float:
        """About how many rows of the table hold of each of *words* one or another; too few rather than too many."""
        found = self.texts
        for forms in words:
            found = _with_one(forms, found)
        places = [place for _text, place in found]
        if len(set(places)) < FEWEST_PLACES:
            return len(places)
        return len(places) / len(self.texts) * self.rows

    def rare_pieces(self, text: str) -> list[str]:
        """A few pieces of *text* that hardly any row holds, far from each other; none where it has too few.

        An index that is asked for every piece goes through lists as long as the table: those of ".org" for one.
        """
        typed = {place: text[place : place + PIECE] for place in range(len(text) - PIECE + 1)}
        # Each kind of index knows them as one: PostgreSQL's leaves out what is neither a letter nor a digit.
        pieces = {
            place: piece.lower() for place, piece in typed.items() if piece.isascii() and piece.isalnum()
        }
        chosen: list[int] = []
        for place in sorted(pieces, key=lambda place: self._held(pieces[place])):
            if len(chosen) == MOST_PIECES or self._held(pieces[place]) > RARE * len(self.texts):
                break
            if all(abs(place - other) >= PIECE for other in chosen):
                chosen.append(place)
        return [pieces[place] for place in chosen] if len(chosen) >= FEWEST_PIECES else []

    def _held(self, piece: str) -> int:
        if piece not in self._known:
            self._known[piece] = sum(piece in text for text, _place in self.texts)
        return self._known[piece]


def _with_one(forms: Sequence[str], texts: Sequence[tuple[str, int]]) -> Sequence[tuple[str, int]]:
    """Those of *texts* that hold one or another of *forms*; most words have one, and a thousand texts are many."""
    if len(forms) == 1:
        (form,) = forms
        return [one for one in texts if form in one[0]]
    return [one for one in texts if any(form in one[0] for form in forms)]


def sample_of(session: Session, columns: Sequence[Column[Any]], key: Column[Any]) -> Sample:
    """Some of the rows of the table that *key*, one whole number, is of; read in two statements once a minute."""
    known = _samples.setdefault(session.connection().engine, {})
    until, sample = known.get(key.table, (0.0, Sample((), 0)))
    if monotonic() >= until:
        sample = _read(session, columns, key)
        known[key.table] = (monotonic() + HOLDS, sample)
    return sample


def _read(session: Session, columns: Sequence[Column[Any]], key: Column[Any]) -> Sample:
    first, last = session.execute(select(func.min(key), func.max(key))).one()
    if first is None:
        return Sample((), 0)
    length = last - first + 1
    starts = sorted({first + length * place // PLACES for place in range(PLACES)})
    few = [_few(start, columns, key).subquery() for start in starts]
    rows = session.execute(union_all(*map(select, few))).all()
    reached = {start: number for start, number, *_texts in rows}
    # How close together the rows stand tells how many there are.
    passed = sum(number - start + 1 for start, number in reached.items())
    is_plain = session.connection().dialect.name == "postgresql"
    texts = {number: (_marked(texts, is_plain=is_plain), start) for start, number, *texts in rows}
    return Sample(list(texts.values()), length * len(rows) / passed)


def _few(start: int, columns: Sequence[Column[Any]], key: Column[Any]) -> Select[Any]:
    some = select(literal(start).label("start"), key, *columns).where(key >= start)
    return some.order_by(key).limit(ROWS_OF_EACH)


def _marked(texts: Sequence[str | None], *, is_plain: bool) -> str:
    """As an index has them, to be asked for beginnings and whole texts too."""
    every = "".join(f"{MARK}{MARK}{text or ''}{MARK}" for text in texts).lower()
    return unaccented(every) if is_plain else every
