"""What SQLAlchemy is spared in a flush where rows lead to each other in a circle, or one to itself.

It sorts single objects there. Of a relation that was changed and not read it then forgets what has come, and of rows
that have long led to each other it says that none can be written first, whatever of them is written.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from sqlalchemy import event, inspect
from sqlalchemy.orm import RelationshipDirection, Session
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.unitofwork import UOWTransaction

from webapp.admin.info import RelationInfo
from webapp.extensions import db

# The relations of objects, as pairs, that were changed and not read: in the session those to be flushed, in a flush
# those in it, beside what is out of sight while it lasts. A flush that fails takes its own along.
_CHANGED, _SHOWN, _ASIDE = "relations_changed", "relations_shown", "relations_aside"


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
def _prepare(session: Session, flush: UOWTransaction, _objects: object) -> None:
    shown = flush.attributes[_SHOWN] = []
    for target, relation in session.info.pop(_CHANGED, ()):
        come, left = relation.moved(target)
        if relation.name not in inspect(target).dict and (come or left):
            # As if it led to nobody else.
            set_committed_value(target, relation.name, left)
            shown.append((target, relation.name))
    ties = [tie for one in (*session.new, *session.dirty) for tie in _ties(one)]
    # Not expired: whoever holds a list that was read may yet add to it.
    flush.attributes[_ASIDE] = [(one, name, inspect(one).dict.pop(name)) for one, name in _in_circles(ties)]


@event.listens_for(db.session, "after_flush_postexec")
def _restore(session: Session, flush: UOWTransaction) -> None:
    for target, name in flush.attributes[_SHOWN]:
        if target in session:
            # Who reads it reads all of it.
            session.expire(target, [name])
    for holder, name, value in flush.attributes[_ASIDE]:
        inspect(holder).dict.setdefault(name, value)


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


def _in_circles(ties: list[_Tie]) -> Iterable[tuple[Any, str]]:
    """The relations, by holder and name, through which an object would wait for itself though nothing is new; and those
    between two circles, for which nobody has to wait either."""
    while any(tie.is_old for tie in ties):
        waiting, first = ({id(tie[side]) for tie in ties} for side in (0, 1))
        inner = [tie for tie in ties if id(tie.waiting) in first and id(tie.first) in waiting]
        if len(inner) == len(ties):
            break
        ties = inner
    return {(id(tie.holder), tie.name): (tie.holder, tie.name) for tie in ties if tie.is_old}.values()
