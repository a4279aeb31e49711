"""May this person? Asked here, by the views; lists, forms and templates are told the answer.

A permission is a word, ``<name>.<verb>``. The words come from the registered admins, so there is no table
of permissions to keep in step.
"""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.admin.options import ModelAdmin
from webapp.web.errors import refuse

VERBS = {
    "view": _l("See"),
    "add": _l("Add"),
    "change": _l("Change"),
    "delete": _l("Delete"),
}


def vocabulary(model_admin: ModelAdmin) -> list[str]:
    """Every permission that *model_admin* knows, such as ``users.change``."""
    return [f"{model_admin.name}.{verb}" for verb in VERBS if _is_offered(model_admin, verb)]


def may(user: Any, model_admin: ModelAdmin, verb: str, obj: Any = None) -> bool:
    """Say whether *user* may *verb*; who may change may also view."""
    if not _is_offered(model_admin, verb):
        return False
    if model_admin.can(user, verb, obj):
        return True
    return verb == "view" and model_admin.can(user, "change", obj)


def require(user: Any, model_admin: ModelAdmin, verb: str, obj: Any = None) -> None:
    """Let the request go on only when *user* may *verb*; otherwise answer 403 with a page that names the permission."""
    if not may(user, model_admin, verb, obj):
        permission = f"{model_admin.name}.{verb}"
        refuse(
            403,
            _(
                "This needs the permission “%(permission)s”, here or for this record. "
                "Somebody who looks after users can grant it.",
                permission=permission,
            ),
        )


def _is_offered(model_admin: ModelAdmin, verb: str) -> bool:
    return {
        "add": model_admin.can_add,
        "change": model_admin.can_change,
        "delete": model_admin.can_delete,
    }.get(verb, True)
