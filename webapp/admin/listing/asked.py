"""The list that a request asks for: what is declared, what the address says, and what is remembered of the person."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import parse_qsl, urlencode

from flask import url_for
from werkzeug.datastructures import MultiDict

from webapp.admin.listing.addresses import with_query
from webapp.admin.listing.filters.parameters import FORMAT
from webapp.admin.listing.remembered import NOTHING_REMEMBERED, Remembered, SavedView, recall
from webapp.admin.listing.state import OF_ONE_PAGE, BadParameter, ListSpec, ListState, list_spec, parse_state
from webapp.admin.options import ModelAdmin
from webapp.running import request
from webapp.texts import gettext as _
from webapp.web.errors import Link, refuse

MAX_DIGITS = 18
Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class AskedList:
    """:ivar view: the saved view that is open."""

    spec: ListSpec
    state: ListState
    remembered: Remembered = NOTHING_REMEMBERED
    view: SavedView | None = None


def asked_list(
    model_admin: ModelAdmin,
    user: Any,
    arguments: "MultiDict[str, str]",
    *,
    is_shown: bool = True,
    is_sent: bool = False,
) -> AskedList:
    """The list of *arguments* for *user*; asks the database once, and not at all where it need not.

    Answers 400 for a part that cannot be used, with a page that names it, 404 for a view that *user* may not open.

    :param is_shown: whether it matters how the list looks, and not only which rows it has.
    :param is_sent: rows of it are sent: a view that is gone by now does not take them along, for the address says all
        that it did (:func:`.whole_query`).
    """
    spec = list_spec(model_admin, user)
    try:
        number = _number_of_view(arguments)
        if number is None and not is_shown:
            return AskedList(spec, parse_state(spec, arguments))
        remembered = recall(model_admin, user, number)
        view = remembered.view(number) if number is not None else None
        if number is not None and view is None and not is_sent:
            refuse(
                404,
                _("There is no such view, or it is not shared with you. Perhaps it was deleted."),
                _without_it(model_admin, _rest("view")),
            )
        if number is not None and view is None:
            arguments = MultiDict(pair for pair in arguments.items(multi=True) if pair[0] != "view")
        state = parse_state(spec, arguments, remembered.chosen, _given(remembered, view))
    except BadParameter as bad:
        refuse_parameter(model_admin, bad)
    return AskedList(spec, state, remembered, view)


def pairs_of(view: SavedView) -> Pairs:
    """The parameters of *view*, those of :attr:`.ListState.parameters`."""
    return parse_qsl(view.query, keep_blank_values=True)


def opened_state(asked: AskedList, view: SavedView) -> ListState:
    """The list as *view* shows it, whose parameters are then the whole address.

    :raises BadParameter: when a part of the view cannot be used any more.
    """
    arguments = MultiDict([("view", str(view.id))])
    return parse_state(asked.spec, arguments, asked.remembered.chosen, pairs_of(view))


def _number_of_view(arguments: "MultiDict[str, str]") -> int | None:
    given = [text for text in arguments.getlist("view") if text]
    if len(given) > 1:
        raise BadParameter("view", _("It can be given only once."))
    if not given:
        return None
    if not (given[0].isascii() and given[0].isdecimal() and len(given[0]) <= MAX_DIGITS):
        raise BadParameter("view", _("A saved view is named by its number."))
    return int(given[0])


def _given(remembered: Remembered, view: SavedView | None) -> Pairs:
    # The bare address opens the default view: none of the plain list may be bare.
    by_default = (("view", ""),) if remembered.default else ()
    return (*(pairs_of(view) if view else ()), *by_default)


def refuse_parameter(model_admin: ModelAdmin, bad: BadParameter) -> NoReturn:
    """Answer 400 with a page that names the part and leads to the list without it."""
    rest = _rest(bad.parameter)
    if any(name == "view" for name, _value in rest):
        # The view may say it, too: left empty it is not given.
        rest.append((bad.parameter, ""))
    part = "".join(character for character in bad.parameter[:60] if character.isprintable())
    refuse(
        400,
        _("The part “%(part)s” of this address cannot be used. %(reason)s", part=part, reason=bad.message),
        _without_it(model_admin, rest),
    )


def _without_it(model_admin: ModelAdmin, rest: Pairs) -> Link:
    address = with_query(url_for(f"{model_admin.name}.list"), urlencode(rest))
    return Link(_("Show the list without it"), address)


def _rest(parameter: str) -> list[tuple[str, str]]:
    """What the address says of the list but for *parameter*; a cursor belongs to an order, so it goes with any part."""
    dropped = {parameter, FORMAT, *OF_ONE_PAGE}
    return [(name, value) for name, value in request.args.items(multi=True) if name not in dropped]
