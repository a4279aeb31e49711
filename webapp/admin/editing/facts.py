"""What stands beside a form, and cannot be written in it."""

from typing import Any, NamedTuple

from markupsafe import Markup

from webapp.admin.display import show
from webapp.admin.editing.layout import Layout, shown_beside
from webapp.admin.info import ModelInfo
from webapp.admin.options import ModelAdmin


class Fact(NamedTuple):
    label: str
    value: Markup


def facts_of(model_admin: ModelAdmin, info: ModelInfo, layout: Layout, user: Any, obj: Any) -> list[Fact]:
    """What stands beside the form: when the object was made and changed, and read-only fields that no fieldset has."""
    in_form = set(layout.names)
    dates = [name for name in ("created_at", "updated_at") if name in info.columns]
    names = dict.fromkeys((*model_admin.get_readonly_fields(user, obj), *dates))
    columns = [shown_beside(model_admin, name, obj) for name in names if name not in in_form]
    return [Fact(column.label, show(column, obj)) for column in columns]
