"""A field for UUIDs."""

import re
import uuid
from typing import Any

from webapp.admin.editing.controls import TypedField
from webapp.texts import gettext as _

# uuid.UUID() takes hyphens and braces wherever they stand.
_PLAIN = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_UUID = re.compile(rf"{_PLAIN}|urn:uuid:{_PLAIN}|\{{{_PLAIN}\}}|[0-9a-f]{{32}}", re.IGNORECASE)


class UuidField(TypedField):
    """A UUID (RFC 9562 §4), also written in capitals, in braces, without hyphens or as a URN; kept in one form.

    :param is_text: the column gives text.
    """

    def __init__(
        self, label: Any = None, validators: Any = None, *, is_text: bool = False, **options: Any
    ) -> None:
        super().__init__(
            label, validators, render_kw={"autocomplete": "off", "spellcheck": "false"}, **options
        )
        self.is_text = is_text

    def read(self, text: str) -> Any:
        if not _UUID.fullmatch(text):
            example = "123e4567-e89b-12d3-a456-426614174000"
            raise ValueError(_("Write a UUID such as %(example)s.", example=example))
        value = uuid.UUID(text)
        if value.bytes[6] >= 0x80 > value.bytes[8]:
            # Of another variant than the standard's; MariaDB's own type takes them for its swapped ones.
            raise ValueError(_("This is no UUID of the present standard."))
        return str(value) if self.is_text else value
