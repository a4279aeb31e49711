"""Tags of a form, written as WTForms writes them and in a fifth of its time, which is most of what a field costs."""

import re
from functools import lru_cache
from typing import Any

from markupsafe import Markup
from wtforms.widgets import (
    CheckboxInput,
    DateInput,
    DateTimeLocalInput,
    EmailInput,
    Input,
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
    for name in sorted(attributes):
        value = attributes[name]
        if value is True:
            parts.append(_name(name))
        elif value is not False:
            # What a field holds is rarely met again, unlike what is said of it.
            is_kept = type(value) in _PLAIN and name != "value"
            parts.append(_kept_attribute(name, value) if is_kept else _attribute(name, value))
    return Markup(" ".join(parts))  # noqa: S704 - every value is escaped


def _attribute(name: str, value: Any) -> str:
    # What is marked as safe already may hold the sign that ends the value.
    text = as_html(value)
    if _QUOTE in text:
        text = str(text).replace(_QUOTE, "&quot;")
    return f"{_name(name)}={text}" if _BARE.fullmatch(text) else f'{_name(name)}="{text}"'


# Of other types two values can be equal, and not be written alike.
_PLAIN = (str, int)
_kept_attribute = lru_cache(maxsize=10_000)(_attribute)
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


class Plain(Input):
    """One tag and nothing beside it, which a label can stand around."""

    def __call__(self, field: Any, **attributes: Any) -> Markup:
        box = {"id": field.id, "name": field.name, "type": self.input_type}
        for name, value in vars(field.flags).items():
            if name in self.validation_attrs:
                box[name] = value() if callable(value) else value
        box.update(attributes)
        if "value" not in box:
            box["value"] = field._value()
        return Markup(f"<input {written_box(**box)}>")  # noqa: S704 - every value is escaped


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
    def __call__(self, field: Any, **attributes: Any) -> Markup:
        return super().__call__(field, **{"checked": bool(field.data), **attributes})
