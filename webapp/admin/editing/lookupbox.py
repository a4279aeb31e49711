"""The control that leads to other rows where they are too many for a select: their keys, and a page to choose from.

`lookup.js` makes a combobox of it; it has no words of its own, so they stand in data attributes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup, escape

from webapp.admin.editing.chosen import MAX_COUNT, PAGE_SIZE, ChosenPage
from webapp.admin.editing.tags import written, written_box
from webapp.texts import format_decimal
from webapp.texts import gettext as _


@dataclass(frozen=True)
class LookupBox:
    """:ivar href: the page to choose from. :ivar key: of the one that is chosen, and *text* what it is called.
    :ivar clear: what is said of the button that takes the one that is chosen off; empty where it has to be there.
    :ivar new_tab: the id of what says that a link opens in a new tab, where that stands around many boxes, once, as do
        the texts of the script.
    :ivar ways: buttons to the form of what can be chosen, on its line, and *model* where that is.
    """

    name: str
    href: str
    new_tab: str = ""
    key: str = ""
    text: str = ""
    clear: str = ""
    model: str = ""
    ways: str = ""

    def html(self, id: str, **attributes: Any) -> Markup:
        return Markup(
            "<div {script}>{before}<div class=lookup-line><input {input}><a {link}>{choose}{new_tab}</a></div>"
            "{ways}{after}</div>"
        ).format(
            script=self._script(),
            before=self._before(id),
            input=written_box(
                id=id,
                name=self.name,
                value=self.key,
                # The script says it as well, and in rows it alone.
                autocomplete=False if self.new_tab else "off",
                **attributes,
            ),
            link=written(
                class_="button",
                href=self.href,
                target="_blank",
                aria_describedby=self.new_tab or False,
            ),
            choose=_("Look up"),
            new_tab=""
            if self.new_tab
            else Markup('<span class="visually-hidden"> {}</span>').format(_("(opens in a new tab)")),
            ways=self.ways,
            after=Markup("<p><bdi>{}</bdi>").format(self.text) if self.text else "",
        )

    def _script(self) -> Markup:
        return written(
            class_="lookup",
            data_lookup=True,
            data_model=self.model or False,
            **self._script_texts(),
        )

    def _before(self, id: str) -> Markup | str:
        return ""

    def _script_texts(self) -> dict[str, Any]:
        if self.new_tab:
            return {} if self.clear else {"data_clear": ""}
        return script_texts() | ({"data_clear": self.clear} if self.clear else {})


@dataclass(frozen=True)
class ChosenBox(LookupBox):
    """The same for several: the key that is typed comes to those that are chosen.

    :ivar texts: what is called how, by key. :ivar shown: keys in the order of the page, ticked where they are *chosen*;
        what comes besides follows. :ivar page: how many there are, and which of them are here.
    :ivar action: where the form is sent.
    """

    label: str = ""
    chosen: Sequence[str] = ()
    shown: Sequence[str] = ()
    texts: Mapping[str, str] = field(default_factory=dict)
    page: ChosenPage | None = None
    action: str = ""

    def _script_texts(self) -> dict[str, Any]:
        chips = {"data_chosen": _("Chosen: {}"), "data_removed": _("Removed: {}")}
        return super()._script_texts() | chips | {"data_many": True, "data_remove": _("Remove: {}")}

    def _before(self, id: str) -> Markup | str:
        keys = dict.fromkeys([*self.shown, *self.chosen])
        chosen = frozenset(self.chosen)
        lines = "".join([self._chosen_line(key, is_chosen=key in chosen) for key in keys])
        boxes = Markup(f'<ul class="lookup-chosen">{lines}</ul>') if lines else ""  # noqa: S704 - lines are escaped
        if self.page is None or self.page.is_whole:
            return boxes
        return self._search(id, self.page) + boxes + self._pages(id, self.page)

    def _chosen_line(self, key: str, *, is_chosen: bool) -> str:
        box = written(type="checkbox", name=self.name, value=key, checked=is_chosen)
        return f"<li><label><input {box}> <bdi>{escape(self.texts.get(key, key))}</bdi></label></li>"

    def _search(self, id: str, page: ChosenPage) -> Markup:
        """How many there are, and a box to find some of them."""
        first = (page.number - 1) * PAGE_SIZE + 1
        total = format_decimal(min(page.total, MAX_COUNT)) + ("+" if page.total > MAX_COUNT else "")
        told = _(
            "Chosen: %(total)s. Here are %(first)s to %(last)s.",
            total=total,
            first=format_decimal(first),
            last=format_decimal(first + len(page.objects) - 1),
        )
        if page.q:
            told = _("Chosen: %(total)s. Here are those that match.", total=total)
        return Markup(
            '<p class="lookup-count" id="{id}-chosen" tabindex="-1">{told}</p><div class="lookup-line">'
            "<input {input}>{found}<button {button}>{find}</button></div>"
        ).format(
            id=id,
            told=told,
            input=written(
                id=f"{id}-q",
                name=f"{self.name}.q",
                type="search",
                value=page.q,
                autocomplete="off",
                placeholder=_("Search among what is chosen"),
                aria_label=_("Search among what is chosen: %(field)s", field=self.label),
            ),
            # So that Enter in the box, emptied, shows all again.
            found=Markup("<input {}>").format(
                written(type="hidden", name=f"{self.name}.found.q", value=page.q)
            )
            if page.q
            else "",
            button=self._button(id, 1),
            find=_("Search"),
        )

    def _pages(self, id: str, page: ChosenPage) -> Markup:
        """The ways to the other pages: buttons, so that nothing is lost that was typed."""
        number = page.number
        ways = [(1, _("First page"))] if number > 2 else []
        ways += [(number - 1, _("Previous page"))] if number > 1 else []
        ways += [(number + 1, _("Next page"))] if page.has_next else []
        buttons = [
            Markup('<button {}>{}<span class="visually-hidden">: {}</span></button>').format(
                self._button(id, to), text, self.label
            )
            for to, text in ways
        ]
        if not buttons:
            return Markup("")
        return Markup('<div class="lookup-pages">{}</div>').format(Markup("").join(buttons))

    def _button(self, id: str, number: int) -> Markup:
        return written(
            type="submit",
            class_="button",
            name=f"{self.name}.page",
            value=number,
            formaction=f"{self.action}#{id}-chosen",
        )


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
