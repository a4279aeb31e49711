"""What the pages of every model share: the table of their addresses, and how they are drawn."""

from collections.abc import Callable
from typing import Any, NamedTuple

from flask import render_template
from flask.typing import ResponseReturnValue

from webapp.admin.options import ModelAdmin
from webapp.admin.site import current_site
from webapp.running import request
from webapp.web.viewer import person


class Operation(NamedTuple):
    """One page of every model; its name is its endpoint."""

    name: str
    rule: str
    view: Callable[..., ResponseReturnValue]
    methods: tuple[str, ...] = ("GET",)


def draw(model_admin: ModelAdmin, page_name: str, **context: Any) -> str:
    """Draw a page by the model's own template where there is one."""
    return render_template([f"{model_admin.name}/{page_name}.html", f"admin/{page_name}.html"], **context)


def frame() -> dict[str, Any]:
    """What the frame around a signed-in person's page needs."""
    return {"menu": current_site().menu(person(), request.blueprint) if person().is_authenticated else ()}
