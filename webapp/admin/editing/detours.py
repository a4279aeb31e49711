"""From a form to the form of what it leads to, and back with everything typed, a page at a time.

A button beside a field sends the form, which is not saved: what was typed goes along inside the other form, signed, and
comes back when that is saved or left. Nothing is kept here, and a detour may begin on a detour. With a script the same
button opens the other form in a dialog (``parts/related.js``), and nothing has to go along.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from flask import flash, url_for
from werkzeug.wrappers import Response
from wtforms import Field

from webapp.admin.editing.related import RelatedField, visible
from webapp.admin.editing.relatedlist import PAGE, SEARCH
from webapp.extensions import only_look
from webapp.running import current_app, g, request
from webapp.texts import gettext as _
from webapp.web.keys import read_signed, sign
from webapp.web.replay import answer_of
from webapp.web.resending import without_secrets
from webapp.web.viewer import person

#: The button that begins a detour, with ``<field>:<verb>``; the field that carries what was typed; the button that goes
#: back; and the mark of a form that comes back, which is only drawn.
OPEN_FIELD, BACK_FIELD, RETURN_BUTTON, LOOK_FIELD = "_open", "_back", "_return", "_look"
PURPOSE = "detour"
# What the button says that Enter presses.
ENTER = "enter"
# A form is read up to half a million characters, and what was typed into the other one shall have room as well.
MAX_LENGTH = 300_000


class Detour(NamedTuple):
    """A form that somebody has left for another: where it is sent, who left it, at which field, and what was typed."""

    path: str
    query: str
    person: str
    field: str
    is_list: bool
    fields: Sequence[tuple[str, str]]


def only_draws() -> bool:
    """Whether the form was sent to be drawn again, and not to be saved."""
    asked = any(name in (OPEN_FIELD, LOOK_FIELD) or name.endswith(PAGE) for name in request.form)
    return asked or _searches_by_enter()


def _searches_by_enter() -> bool:
    """Whether somebody pressed Enter where a box searches among what is chosen, or has searched before.

    Which box it was no browser tells. To search once more loses nothing; to save what is half typed might.
    """
    pressed = ENTER in (request.form.get(name) for name in ("_save", "_saveasnew"))
    return pressed and any(name.endswith(SEARCH) and text.strip() for name, text in request.form.items())


def departure(fields: Iterable[Field]) -> Response | None:
    """The other form, where this one was sent for it and the person may open it; otherwise its field says why not.

    :param fields: those of the form.
    """
    name, _colon, verb = request.form.get(OPEN_FIELD, "").rpartition(":")
    field = next((one for one in fields if isinstance(one, RelatedField) and one.name == name), None)
    if field is None or verb not in field.ways:
        return None
    key = "" if verb == "add" else next(iter(field.keys), "")
    if verb != "add" and key not in visible(field.target, field.user, [key]):
        field.errors = [*field.errors, _("Choose something first.")]
        return None
    kept, is_lost = without_secrets()
    query = request.query_string.decode("latin-1")
    is_list = field.relation.is_list
    text = sign(PURPOSE, Detour(request.path, query, str(person().id), name, is_list, kept))
    if len(text) > MAX_LENGTH:
        field.errors = [
            *field.errors,
            _("What is typed here is too much to be kept meanwhile. Save it first."),
        ]
        return None
    if is_lost:
        flash(_("Passwords and files were not kept. Give them again."), "warning")
    g.detour = text
    return answer_of(address_of(field, verb, key))


def address_of(field: RelatedField, verb: str, key: str) -> str:
    """Where the other form is."""
    name = field.target.name
    return url_for(f"{name}.add") if verb == "add" else url_for(f"{name}.change", key=key)


def carried() -> str:
    """What the form at hand carries along, as it was signed; empty where nobody is on a detour."""
    text = g.get("detour") or request.form.get(BACK_FIELD, "")
    return text if text and _read(text) else ""


def way_back() -> Detour | None:
    """The form that was left for the one that this request sends."""
    text = request.form.get(BACK_FIELD)
    return _read(text) if text else None


def returning() -> Response | None:
    """The form that was left, where this one was sent to go back without saving."""
    detour = way_back() if RETURN_BUTTON in request.form else None
    return come_back(detour) if detour else None


def come_back(detour: Detour, key: str | None = None) -> Response:
    """The form that was left, as it was.

    :param key: what is chosen at its field now.
    """
    fields = [(name, text) for name, text in detour.fields if name not in (OPEN_FIELD, LOOK_FIELD)]
    if key is not None and (detour.field, key) not in fields:
        others = fields if detour.is_list else [pair for pair in fields if pair[0] != detour.field]
        fields = [*others, (detour.field, key)]
    only_look()
    return answer_of(detour.path, detour.query, [*fields, (LOOK_FIELD, "1")])


def _read(text: str) -> Detour | None:
    """What was signed for this person, while a session would last."""
    value = read_signed(PURPOSE, text, current_app.config["SESSION_ABSOLUTE_HOURS"] * 3600)
    detour = Detour(*value) if value else None
    if detour is None or detour.person != str(person().id):
        return None
    return detour._replace(fields=[(name, typed) for name, typed in detour.fields])
