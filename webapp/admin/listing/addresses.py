"""The addresses of one list, its rows and its other states."""

import re
from collections.abc import Sequence
from html.entities import html5
from typing import Any

from markupsafe import Markup, escape

from webapp.admin.listing.state import ListSpec, ListState
from webapp.admin.values import query_string
from webapp.running import request
from webapp.web.addresses import address

# What HTML reads as another sign though no semicolon follows: in an address, "&not_before=" would be "¬_before=".
_NAMED = "|".join(sorted(name for name in html5 if not name.endswith(";")))
_AS_IT_IS = re.compile(rf"(?:[\w.~/?=%+:,-]|&(?!{_NAMED}|#))+", re.ASCII)


def with_query(path: str, query: str) -> str:
    """The address, which may stand in HTML as it is where that reads it the same: an ampersand is five signs otherwise,
    and a list that is sorted and filtered has a hundred of them."""
    whole = f"{path}?{query}" if query else path
    return Markup(whole) if _AS_IT_IS.fullmatch(whole) else whole  # noqa: S704 - no sign of HTML is in it


def own_query(state: ListState) -> str:
    """The query string of this very page, with its position: afterwards the person is back on it."""
    return query_string(_own_pairs(state))


def whole_query(state: ListState) -> str:
    """The same with what the list has from its view: who has changed or deleted that when something is sent from this
    page changes nothing of what it is done to."""
    said = {name.removesuffix("__eq") for name in request.args}
    added = [
        pair
        for pair in state.parameters
        if pair[0] in state.given and pair[0].removesuffix("__eq") not in said
    ]
    return query_string([*_own_pairs(state), *added])


def _own_pairs(state: ListState) -> list[tuple[str, str]]:
    # A view that is gone by now stands empty: with its number nothing opens, and without it another might.
    is_open = any(name == "view" for name, _value in state.parameters)
    return [
        (name, value if is_open or name != "view" else "") for name, value in request.args.items(multi=True)
    ]


class Addresses:
    """The addresses of one list, made from one pattern and not one by one."""

    def __init__(self, spec: ListSpec, state: ListState) -> None:
        self.state = state
        self.path = address(f"{spec.model_admin.name}.list")
        self.row_prefix, _key, self.row_suffix = (
            str(escape(part)) for part in address(f"{spec.model_admin.name}.change", "~").rpartition("~")
        )

    def list(self, without: Any = (), /, **changes: str | None) -> str:
        return with_query(self.path, self.state.query(without, **changes))

    @property
    def plain(self) -> str:
        """The whole list, also for who has a view that its bare address opens."""
        return f"{self.path}?view=" if "view" in self.state.given else self.path

    def rows(self, keys: Sequence[str]) -> Sequence[str]:
        """The addresses of objects as they stand in HTML."""
        prefix, suffix = self.row_prefix, self.row_suffix
        return [f"{prefix}{key}{suffix}" for key in keys]
