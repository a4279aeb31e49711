"""Tags of a form, written as WTForms writes them and in a fifth of its time, which is most of what a field costs."""

import re
from functools import lru_cache
from typing import Any

from markupsafe import Markup
from wtforms.fields.core import Flags
from wtforms.meta import DefaultMeta
from wtforms.widgets import (
    CheckboxInput,
    DateInput,
    DateTimeLocalInput,
    EmailInput,
    NumberInput,
    TextInput,
    TimeInput,
    URLInput,
)

from webapp.web.templates import written as as_html


def written(**attributes: Any) -> Markup:
    """Attributes as they stand in a tag: in the order of their names, those that are true by their name alone.

    A value stands in quotes where it needs them: a form of fifty rows has a thousand of them.
    """
    parts = []
    for name, value in sorted(attributes.items()):
        if value is True:
            parts.append(_name(name))
        elif value is not False:
            # What is marked as safe already may hold the sign that ends the value.
            text = as_html(value)
            if _QUOTE in text:
                text = str(text).replace(_QUOTE, "&quot;")
            parts.append(f"{_name(name)}={text}" if _BARE.fullmatch(text) else f'{_name(name)}="{text}"')
    return Markup(" ".join(parts))  # noqa: S704 - every value was escaped


_QUOTE = '"'
_BARE = re.compile(r"[a-zA-Z0-9_.:/-]+")


@lru_cache(maxsize=1_000)
def _name(word: str) -> str:
    """``class_`` and ``data_lookup`` as HTML has them."""
    name = word.rstrip("_")
    return name.replace("_", "-") if name.startswith(("data_", "aria_")) else name


def written_box(**attributes: Any) -> Markup:
    """The same of a box to type in, without what it is and holds when nothing is said."""
    if attributes.get("type") == "text":
        del attributes["type"]
    if attributes.get("value") == "":
        del attributes["value"]
    return written(**attributes)


class Plain:
    """One tag and nothing beside it, which a label can stand around."""

    html_params = staticmethod(written_box)


class TextBox(Plain, TextInput):
    pass


class EmailBox(Plain, EmailInput):
    pass


class AddressBox(Plain, URLInput):
    pass


class NumberBox(Plain, NumberInput):
    pass


class DayBox(Plain, DateInput):
    pass


class ClockBox(Plain, TimeInput):
    pass


class MomentBox(Plain, DateTimeLocalInput):
    pass


class TickBox(Plain, CheckboxInput):
    pass


class Meta(DefaultMeta):
    """Gives each field flags that a widget looks through at once: of WTForms' own it looks at all that Python knows of
    them, which takes as long as all the rest of drawing a field."""

    def bind_field(self, form: Any, unbound_field: Any, options: Any) -> Any:
        field = super().bind_field(form, unbound_field, options)
        flags = FewFlags()
        vars(flags).update(vars(field.flags))
        field.flags = flags
        return field


class FewFlags(Flags):
    def __dir__(self) -> list[str]:
        return list(vars(self))
