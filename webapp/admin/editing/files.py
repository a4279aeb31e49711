"""A field for binary values: a file to choose. What is there is kept until another one is chosen, and never shown."""

import re
from collections.abc import Collection
from functools import lru_cache
from typing import Any

from markupsafe import Markup
from werkzeug.datastructures import FileStorage
from wtforms import Field, FileField, ValidationError
from wtforms.utils import unset_value
from wtforms.validators import StopValidation
from wtforms.widgets import FileInput

from webapp.admin.texts import size_text
from webapp.running import request
from webapp.texts import gettext as _
from webapp.web.errors import refuse

# What the names of a row's fields begin with, where a page has several forms in one.
_PREFIX = re.compile(r"(?:\w+-[0-9]+-)?")
# What MariaDB's BLOB holds; a column that says its own length may say more.
MAX_BYTES = 2**16 - 1


class BytesInput(FileInput):
    """The control, how much is there now, and a box to clear it where that may be."""

    def __call__(self, field: Any, **options: Any) -> Markup:
        control = super().__call__(field, **options)
        lines = []
        if field.was_sent and field.form_has_errors:
            lines.append(
                Markup('<p class="field-note">{}</p>').format(_("Choose the file again: it was not kept."))
            )
        if field.object_data is not None:
            lines.append(
                Markup('<p class="file-now">{}</p>').format(
                    _("Now: %(size)s", size=size_text(field.object_data))
                )
            )
            if field.can_clear:
                lines.append(
                    Markup(
                        '<div class="check"><input type="checkbox" id="{0}" name="{0}" value="y"{1}>'
                        '<label for="{0}">{2}</label></div>'
                    ).format(field.clear_name, Markup(" checked") if field.is_cleared else "", _("Remove it"))
                )
        return control + Markup("").join(lines)


class BytesField(FileField):
    """Bytes from a file.

    :param can_clear: offer to remove what is there.
    """

    kind = "file"
    widget = BytesInput()

    def __init__(
        self, label: Any = None, validators: Any = None, *, can_clear: bool = False, **options: Any
    ) -> None:
        super().__init__(label, validators, **options)
        self.can_clear = can_clear
        self.is_cleared = False
        self.was_sent = False

    @property
    def clear_name(self) -> str:
        return f"{self.name}-clear"

    @property
    def form_has_errors(self) -> bool:
        return bool(request.form) and request.method == "POST"

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        super().process(formdata, data, extra_filters)
        if not self.was_sent:
            self.is_cleared = bool(self.can_clear and formdata and formdata.get(self.clear_name))
            self.data = None if self.is_cleared else self.object_data

    def process_formdata(self, valuelist: list[Any]) -> None:
        chosen = [value for value in valuelist if isinstance(value, FileStorage) and value.filename]
        if chosen:
            self.was_sent = True
            self.data = chosen[0].stream.read()


@lru_cache(maxsize=500)
def file_fields(form_class: type | None) -> frozenset[str]:
    """The names of the fields for files that *form_class* declares."""
    return frozenset(
        name
        for name in dir(form_class)
        if issubclass(getattr(getattr(form_class, name), "field_class", object), FileField)
    )


def at_most(count: int) -> Any:
    """A validator for the number of bytes."""

    def check(form: Any, field: Field) -> None:
        if field.data is not None and field.data is not field.object_data and len(field.data) > count:
            raise ValidationError(
                _("This file is too large: there is room for %(size)s.", size=size_text(count))
            )

    return check


def given(form: Any, field: Field) -> None:
    """A validator: some file must be there."""
    if field.data is None:
        raise StopValidation(_("Choose a file."))


def refuse_stray_files(names: Collection[str], prefix: str = "") -> None:
    """End a request that sends a file for another field than *names*: it is no text, whatever the field expects.

    :param prefix: that of the form; what bears another one belongs to another form of the page.
    """
    own = prefix if prefix.endswith("-") else ""
    sent = {name for name in request.files if _PREFIX.match(name)[0] == own}  # type: ignore[index]
    if {name.removeprefix(own) for name in sent} - set(names):
        refuse(400, _("This page takes no such file."))
