"""What hangs on what: the first objects that go with a delete, each once, under the one that it goes with."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from webapp.admin.editing.collecting import Reach, Row, load_texts, portions
from webapp.admin.editing.ties import Fate
from webapp.admin.options import ModelAdmin
from webapp.admin.permissions import may

# So many are shown; the others are counted.
MAX_NODES = 100


@dataclass(frozen=True)
class Node:
    """One object, and those that go with it."""

    model_admin: ModelAdmin
    obj: Any
    nodes: "tuple[Node, ...]"


def tree_of(reach: Reach, seen: Mapping[Row, tuple[ModelAdmin, Any]], user: Any) -> tuple[Node, ...]:
    """The first objects that go with a delete, for *user*; below each of several roots, where there are more.

    :param seen: the objects that exist for him, by their rows. What nobody looks after is passed over.
    """
    going = [row for row in (*reach.roots, *reach.others) if row in seen]
    visible = (row for row in going if may(user, seen[row][0], "view", seen[row][1]))
    chosen = dict.fromkeys(islice(visible, MAX_NODES + len(reach.roots)))
    _load(chosen, seen)
    above: dict[Row, Row] = {}
    for child, parent, tie in reach.ways:
        if tie.fate is Fate.DELETED and child in reach.deleted and child not in reach.roots:
            above.setdefault(child, parent)
    below: dict[Row, list[Row]] = defaultdict(list)
    for row in chosen:
        over = _nearest(row, above, chosen)
        if over is not None:
            below[over].append(row)
    nodes = [_node(row, below, seen) for row in reach.roots if row in chosen]
    return nodes[0].nodes if len(nodes) == 1 else tuple(node for node in nodes if node.nodes)


def _load(chosen: Mapping[Row, None], seen: Mapping[Row, tuple[ModelAdmin, Any]]) -> None:
    """Load what the texts of these objects need, at once."""
    by_admin: dict[str, tuple[ModelAdmin, list[Any]]] = {}
    for row in chosen:
        model_admin = seen[row][0]
        by_admin.setdefault(model_admin.name, (model_admin, []))[1].append(row.key)
    for model_admin, keys in by_admin.values():
        for portion in portions(keys):
            load_texts(model_admin, portion)


def _nearest(row: Row, above: Mapping[Row, Row], chosen: Mapping[Row, None]) -> Row | None:
    """The object that *row* goes with; rows that nobody sees may stand between the two."""
    met = {row}
    parent = above.get(row)
    while parent is not None and parent not in chosen and parent not in met:
        met.add(parent)
        parent = above.get(parent)
    return parent if parent in chosen else None


def _node(row: Row, below: Mapping[Row, list[Row]], seen: Mapping[Row, tuple[ModelAdmin, Any]]) -> Node:
    model_admin, obj = seen[row]
    return Node(model_admin, obj, tuple(_node(child, below, seen) for child in below.get(row, ())))
