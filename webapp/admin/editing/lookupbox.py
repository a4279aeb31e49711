"""The control that leads to other rows where they are too many for a select: their keys, and a page to choose from.

`lookup.js` makes a combobox of it; it has no words of its own, so they stand in data attributes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup
from wtforms.widgets import html_params

from webapp.texts import gettext as _


@dataclass(frozen=True)
class LookupBox:
    """:ivar href: the page to choose from. :ivar chosen: what is chosen, as keys with their texts.
    :ivar clear: what is said of the button that takes the one that is chosen off; empty where it has to be there.
    """

    name: str
    href: str
    chosen: Mapping[str, str]
    is_many: bool
    clear: str = ""
    #: Something around it carries the texts of the script, once for many boxes.
    is_brief: bool = False

    def html(self, id: str, **attributes: Any) -> Markup:
        key, text = ("", "") if self.is_many else next(iter(self.chosen.items()), ("", ""))
        return Markup(
            '<div class="lookup" {script}>{chosen}<div class="lookup-line"><input {input}>'
            '<a class="button" href="{href}" target="_blank" rel="noopener">{choose}'
            '<span class="visually-hidden"> {new_tab}</span></a></div>{text}</div>'
        ).format(
            href=self.href,
            script=written(data_lookup=self.href, data_many=self.is_many, **self._script_texts()),
            chosen=self._chosen() if self.is_many and self.chosen else "",
            input=written(id=id, name=self.name, type="text", value=key, autocomplete="off", **attributes),
            choose=_("Look up"),
            new_tab=_("(opens in a new tab)"),
            text=Markup('<p class="lookup-text"><bdi>{}</bdi></p>').format(text) if text else "",
        )

    def _script_texts(self) -> dict[str, str]:
        texts = {} if self.is_brief else script_texts()
        if self.is_many:
            chips = {"data_chosen": _("Chosen: {}"), "data_removed": _("Removed: {}")}
            return texts | chips | {"data_remove": _("Remove: {}")}
        return texts | ({"data_clear": self.clear} if self.clear else {})

    def _chosen(self) -> Markup:
        """What is chosen already, to be taken off one by one."""
        lines = [
            Markup("<li><label><input {}> <bdi>{}</bdi></label></li>").format(
                written(type="checkbox", name=self.name, value=key, checked=True), text
            )
            for key, text in self.chosen.items()
        ]
        return Markup('<ul class="lookup-chosen">{}</ul>').format(Markup("").join(lines))


def script_texts() -> dict[str, str]:
    """What the script says; ``{}`` stands for a number or for what is chosen."""
    return {
        "data_searching": _("Searching …"),
        "data_found": _("Matches: {}"),
        "data_found_more": _("Matches: {} and more"),
        "data_none": _("No matches"),
        "data_more": _("Load more"),
        "data_signed_out": _("You are signed out. Sign in in another tab, then search again."),
        "data_forbidden": _("You are not allowed to choose here."),
        "data_failed": _("The search did not work. Try again in a moment."),
    }


def written(**attributes: Any) -> Markup:
    """Attributes as they stand in a tag."""
    return Markup(html_params(**attributes))  # noqa: S704 - html_params escapes values
