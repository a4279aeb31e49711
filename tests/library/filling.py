"""Whatever form a model has is filled in here, as a person would: something fitting for each of its controls."""

import uuid
from io import BytesIO
from typing import Any

from bs4 import Tag

from tests.pages import Form
from webapp.admin.info import ColumnInfo, ModelInfo


def fill_in(form: Form, info: ModelInfo, number: int) -> list[str]:
    """Type something into each control of *form* that can be written.

    :param number: another one types something else.
    :returns: the names of what was filled in.
    """
    controls: dict[str, Tag] = {}
    for control in form.tag.select("input, select, textarea"):
        # Beside a column's own control there may be others, such as a box to remove a file.
        if control.get("type") != "hidden" and control.get("name") in {*info.columns, *info.relations}:
            controls[str(control["name"])] = control
    for name, control in controls.items():
        form.fields[name] = _value_for(form, name, control, info, number)
    return list(controls)


def _value_for(form: Form, name: str, control: Tag, info: ModelInfo, number: int) -> Any:
    if name in info.relations:
        keys = _offered(control) or _looked_up(form, control)
        assert keys, f"nothing to choose for {name} on {form.page.address}"
        # The last one was made last, and nothing refers to it yet.
        return keys[-1:] if info.relations[name].is_list else keys[-1]
    if control.name == "select":
        others = [value for value in _offered(control) if value != form.fields.get(name)]
        return others[number % len(others)]
    if control.get("type") == "checkbox":
        return "y"
    if control.get("type") == "file":
        return BytesIO(b"file \0 %d" % number), "photo.bin"
    return text_for(info.columns[name], number)


def _offered(control: Tag) -> list[str]:
    return [str(option["value"]) for option in control.select("option") if option["value"]]


def _looked_up(form: Form, control: Tag) -> list[str]:
    """What the lookup of this control finds, page by page."""
    lookup = control.find_parent(attrs={"data-lookup": True})
    address = str(lookup.a["href"]) if lookup and lookup.a else ""
    keys: list[str] = []
    after = ""
    while address:
        separator = "&" if "?" in address else "?"
        headers = {"Accept": "application/json"}
        answer = form.page.visitor.client.get(
            f"{address}{separator}after={after}", headers=headers
        ).get_json()
        keys += [result["id"] for result in answer["results"]]
        after = answer["next"]
        if not after:
            break
    return keys


def text_for(column: ColumnInfo, number: int) -> str:
    """A value that *column* takes, as a person or a browser writes it."""
    if column.choices:
        return str(column.choices[number % len(column.choices)][0])
    if column.format in ("url", "email"):
        return {"url": f"https://example.org/{number}", "email": f"person{number}@example.org"}[column.format]
    texts = {
        "text": f"text {number}",
        "longtext": f"one\ntwo {number}",
        "integer": str(number),
        "decimal": f"{number}.5",
        "number": f"{number}.25",
        "boolean": "true",
        "date": f"2026-01-{number % 28 + 1:02}",
        "datetime": f"2026-01-{number % 28 + 1:02}T03:04",
        "time": f"10:{number % 60:02}",
        "interval": f"{number % 24}:30:00",
        "uuid": str(uuid.UUID(int=number)),
        "json": f'{{"number": {number}}}',
    }
    return texts[column.kind]
