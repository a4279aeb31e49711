"""What SQLAlchemy is spared in a flush where rows lead to each other in a circle, or one to itself.

It sorts single objects there. Of a relation that was changed and not read it then forgets what has come, and of rows
that have long led to each other it says that none can be written first, whatever of them is written.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import event, inspect
from sqlalchemy.orm import RelationshipDirection, Session
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.collections import collection_adapter

from webapp.admin.info import RelationInfo
from webapp.extensions import db

# The relations of objects, as pairs, that were changed and not read: those to be flushed, and those in the flush.
_CHANGED, _SHOWN = "relations_changed", "relations_shown"
# What is out of sight while the flush lasts.
_ASIDE = "relations_aside"


class _Tie(NamedTuple):
    """*waiting*, an object, is written after *first*, for the relation *name* of *holder*.

    :ivar is_old: the relation is as it was before, so that nobody has to wait for it.
    """

    waiting: Any
    first: Any
    holder: Any
    name: str
    is_old: bool


def changed_unread(target: Any, relation: RelationInfo) -> None:
    """Note that the *relation* to many of *target* was changed without being read."""
    db.session.info.setdefault(_CHANGED, []).append((target, relation))


@event.listens_for(db.session, "before_flush")
def _prepare(session: Session, _context: object, _objects: object) -> None:
    shown = session.info[_SHOWN] = []
    for target, relation in session.info.pop(_CHANGED, ()):
        come, left = relation.moved(target)
        if relation.name not in inspect(target).dict and (come or left):
            # As if it led to nobody else.
            set_committed_value(target, relation.name, left)
            shown.append((target, relation.name))
    aside = session.info[_ASIDE] = []
    for holder, name in _in_circles([tie for one in (*session.new, *session.dirty) for tie in _ties(one)]):
        value = inspect(holder).dict[name]
        aside.append((holder, name, _members(value) if _is_list(holder, name) else value))
        session.expire(holder, [name])


@event.listens_for(db.session, "after_flush_postexec")
def _restore(session: Session, _context: object) -> None:
    for target, name in session.info.pop(_SHOWN, ()):
        if target in session:
            # Who reads it reads all of it.
            session.expire(target, [name])
    for holder, name, value in session.info.pop(_ASIDE, ()):
        if holder in session and name not in inspect(holder).dict:
            set_committed_value(holder, name, value)


def _ties(holder: Any) -> Iterator[_Tie]:
    """What the relations of *holder* have SQLAlchemy wait for: those to which they lead, and to which they did."""
    state = inspect(holder)
    for prop in state.mapper.relationships:
        is_said_otherwise = prop.viewonly or prop.post_update or prop.direction not in _WAITED_FOR
        if prop.key not in state.dict or is_said_otherwise or prop.lazy in _NEVER_READ:
            continue
        history = state.attrs[prop.key].history
        told = holder, prop.key, not history.has_changes()
        for other in (one for one in history.sum() if one is not None):
            is_to_one = prop.direction is RelationshipDirection.MANYTOONE
            yield _Tie(holder, other, *told) if is_to_one else _Tie(other, holder, *told)


_NEVER_READ = ("dynamic", "write_only")
_WAITED_FOR = (RelationshipDirection.MANYTOONE, RelationshipDirection.ONETOMANY)


def _in_circles(ties: list[_Tie]) -> list[tuple[Any, str]]:
    """The relations, by holder and name, through which an object would wait for itself though nothing is new."""
    after: dict[int, set[int]] = {}
    for tie in ties:
        after.setdefault(id(tie.waiting), set()).add(id(tie.first))
    # What the models say of when two of theirs are equal is of no concern here.
    old = [tie for tie in ties if tie.is_old and _leads(id(tie.first), id(tie.waiting), after)]
    found = {(id(tie.holder), tie.name): tie for tie in old}
    return [(tie.holder, tie.name) for tie in found.values()]


def _leads(start: int, end: int, after: dict[int, set[int]]) -> bool:
    seen, open_ = {start}, [start]
    while open_:
        one = open_.pop()
        if one == end:
            return True
        new = after.get(one, set()) - seen
        seen |= new
        open_ += new
    return False


def _is_list(holder: Any, name: str) -> bool:
    return bool(inspect(holder).mapper.relationships[name].uselist)


def _members(value: Any) -> list[Any]:
    return list(collection_adapter(value))
