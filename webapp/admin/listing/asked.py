"""The list that a request asks for: what is declared, what the address says, and what is remembered of the person."""

from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import urlencode

from flask import request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from webapp.admin.listing.remembered import Remembered, recall
from webapp.admin.listing.state import POSITIONS, BadParameter, ListSpec, ListState, list_spec, parse_state
from webapp.admin.options import ModelAdmin
from webapp.web.errors import Link, refuse


@dataclass(frozen=True)
class AskedList:
    spec: ListSpec
    state: ListState
    remembered: Remembered


def asked_list(model_admin: ModelAdmin, user: Any, arguments: "MultiDict[str, str]") -> AskedList:
    """The list of *arguments* for *user*; asks the database once.

    Answers 400 for a part that cannot be used, with a page that names it.
    """
    spec = list_spec(model_admin, user)
    remembered = recall(model_admin, user)
    try:
        state = parse_state(spec, arguments, remembered.chosen)
    except BadParameter as bad:
        refuse_parameter(model_admin, bad)
    return AskedList(spec, state, remembered)


def refuse_parameter(model_admin: ModelAdmin, bad: BadParameter) -> NoReturn:
    """Answer 400 with a page that names the part and leads to the list without it."""
    # A cursor belongs to an order, so it goes with any part that is left out.
    dropped = {bad.parameter, *POSITIONS}
    rest = [(name, value) for name, value in request.args.items(multi=True) if name not in dropped]
    address = url_for(f"{model_admin.name}.list")
    part = "".join(character for character in bad.parameter[:60] if character.isprintable())
    refuse(
        400,
        _("The part “%(part)s” of this address cannot be used. %(reason)s", part=part, reason=bad.message),
        Link(_("Show the list without it"), f"{address}?{urlencode(rest)}" if rest else address),
    )
