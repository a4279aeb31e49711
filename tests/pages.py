"""A visitor who reads pages as HTML and sends their forms, as a browser without JavaScript does."""

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from bs4 import BeautifulSoup, Tag
from flask import Flask
from lxml.html import HtmlElement, document_fromstring, fragment_fromstring
from werkzeug.test import TestResponse

# One password for everybody in the tests: long enough, and made of nothing common.
PASSWORD = "orvalho azul sobre o telhado"


class Page:
    """One answer, and what a person can do on it."""

    def __init__(self, visitor: "Visitor", response: TestResponse) -> None:
        self.visitor = visitor
        self.response = response
        self.status = response.status_code
        self.location = response.headers.get("Location", "")
        self.text = response.get_data(as_text=True)

    @cached_property
    def soup(self) -> BeautifulSoup:
        """The page as a tree to look at; made when it is asked for, because it takes longer than the answer itself."""
        return BeautifulSoup(self.text, "lxml")

    @cached_property
    def tree(self) -> HtmlElement:
        """The same for what nearly every test asks, made thirty times as fast."""
        return document_fromstring(self.text.replace("\0", "\ufffd"))

    @property
    def title(self) -> str:
        return str(self.tree.findtext("head/title") or "")

    @property
    def address(self) -> str:
        """The path of this page with its query."""
        return self.response.request.full_path.rstrip("?")

    @property
    def messages(self) -> str:
        unsaid = f"{_has_class('icon')} or @data-dismiss or @data-undo or ancestor::template"
        parts = f".//*[{_has_class('message')}]/*[not({unsaid})]"
        return " ".join(text_of(tag) for tag in self.tree.xpath(parts))

    @property
    def errors(self) -> list[str]:
        """The lines of the summary above the form."""
        return [text_of(tag) for tag in self.tree.xpath(".//*[@id = 'errors']//li")]

    def rows(self) -> list[list[str]]:
        """The cells of the list's rows, as text, without the box to tick."""
        cells = ".//th | .//td[not(*[@name = 'selected'])]"
        return [[text_of(cell) for cell in row.xpath(cells)] for row in self._rows()]

    def row_keys(self) -> list[str]:
        """The keys of the list's rows: of their boxes to tick, or their own where there is nothing to tick."""
        boxes = [row.xpath(".//*[@name = 'selected']/@value") for row in self._rows()]
        return [
            str(values[0] if values else row.attrib["data-key"])
            for row, values in zip(self._rows(), boxes, strict=True)
        ]

    def _rows(self) -> list[HtmlElement]:
        return list(self.tree.xpath(f".//*[{_has_class('table')}]//tbody//tr"))

    def column(self, number: int = 0) -> list[str]:
        return [row[number] for row in self.rows()]

    def link(self, label: str) -> str | None:
        """The address behind the link that reads *label*, or the first that has it in its text."""
        links = [(text_of(tag), tag.attrib["href"]) for tag in self.tree.iter("a") if "href" in tag.attrib]
        found = [href for text, href in links if text.strip() == label]
        found += [href for text, href in links if label in text]
        return str(found[0]) if found else None

    def follow(self, label: str) -> "Page":
        address = self.link(label)
        assert address is not None, f"no link “{label}” on {self.address}"
        return self.visitor.get(address, came_from=self.address)

    def form(self, action: str | None = None) -> "Form":
        """The page's form that posts to *action*, by default to the page itself or, failing that, the main one."""
        found = [form for form in self.forms if action in (None, form.get("action"))]
        assert found, f"no form for {action} on {self.address}"
        return Form(self, found[0])

    @property
    def forms(self) -> list[HtmlElement]:
        """Those of the page itself; the message of what was just done has one of its own."""
        return list(self.tree.xpath(".//main//form[@method = 'post'][not(@data-undo)]"))

    def undo(self) -> "Page":
        """Press “Undo” in the message of what was just done."""
        [form] = self.tree.xpath(".//main//form[@data-undo]")
        return Form(self, form).submit("_message")


class Form:
    """A form as the page gave it: hidden fields, values and all."""

    def __init__(self, page: Page, found: HtmlElement | Tag) -> None:
        self.page = page
        self.found = found
        element = fragment_fromstring(str(found)) if isinstance(found, Tag) else found
        self.element = element
        self.action = element.get("action") or page.address
        self.fields: dict[str, Any] = {}
        for control in element.iter("input", "select", "textarea"):
            # What a script makes rows of belongs to no form.
            if next(control.iterancestors("template"), None) is None:
                self._take(control)

    @property
    def tag(self) -> Tag:
        """The form in the page's :attr:`Page.soup`."""
        if isinstance(self.found, Tag):
            return self.found
        return self.page.soup.select("main form[method=post]")[self.page.forms.index(self.found)]

    def take(self, found: Tag) -> None:
        """Send *found* along, a control that stands elsewhere on the page."""
        self._take(fragment_fromstring(str(found)))

    def _take(self, control: HtmlElement) -> None:
        name = control.get("name")
        kind = control.get("type", "text")
        # Without a file chosen a browser sends an empty one, which is the same as none.
        if not name or "disabled" in control.attrib or kind == "file":
            return
        if kind in ("checkbox", "radio"):
            if "checked" in control.attrib:
                self._add(name, control.get("value", "on"))
        elif control.tag == "select":
            chosen = [_value(option) for option in control.iter("option") if "selected" in option.attrib]
            if "multiple" in control.attrib:
                self.fields[name] = chosen
            else:
                first = [_value(option) for option in control.iter("option")][:1]
                self.fields[name] = (chosen or first or [""])[0]
        elif control.tag == "textarea":
            self.fields[name] = control.text_content().replace("\r\n", "\n").removeprefix("\n")
        else:
            self._add(name, control.get("value", ""))

    def _add(self, name: str, value: Any) -> None:
        """Controls that share a name send a value each."""
        if name in self.fields:
            before = self.fields[name]
            self.fields[name] = [*before, value] if isinstance(before, list) else [before, value]
        else:
            self.fields[name] = value

    def fill(self, **values: Any) -> "Form":
        """Type values; a box is ticked with ``True`` and cleared with ``False``. Only fields that the page has."""
        for name, value in values.items():
            assert self.element.xpath(".//*[@name = $name]", name=name), (
                f"no field {name} on {self.page.address}"
            )
            if value is False:
                self.fields.pop(name, None)
            else:
                self.fields[name] = "y" if value is True else value
        return self

    def submit(self, button: str = "_save", *, follow: bool = False, **forged: Any) -> Page:
        """Send the form with *button*; *forged* fields are sent along without being on the page."""
        data = {**self.fields, button: "1", **forged}
        return self.page.visitor.post(self.action, data, came_from=self.page.address, follow=follow)


class Visitor:
    """One browser."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.client = app.test_client()

    def get(
        self, address: str, *, came_from: str | None = None, follow: bool = False, **options: Any
    ) -> Page:
        headers = {"Referer": f"http://localhost{came_from}"} if came_from else {}
        return Page(self, self.client.get(address, headers=headers, follow_redirects=follow, **options))

    def post(
        self, address: str, data: dict[str, Any] | str, *, came_from: str | None = None, follow: bool = False
    ) -> Page:
        """Send a form; given as text it goes out as it is, for what no browser would send."""
        headers = {"Referer": f"http://localhost{came_from}"} if came_from else {}
        options: dict[str, Any] = {"data": data, "headers": headers, "follow_redirects": follow}
        if isinstance(data, str):
            options["content_type"] = "application/x-www-form-urlencoded"
        return Page(self, self.client.post(address, **options))

    def sign_in(self, username: str, password: str = PASSWORD) -> Page:
        """Sign in through the real page."""
        return self.get("/login").form().fill(username=username, password=password).submit("_login")


def text_of(element: HtmlElement) -> str:
    """What *element* says, its parts one space apart."""
    return " ".join(text for text in map(str.strip, _texts(element)) if text)


def _texts(element: HtmlElement) -> Iterator[str]:
    unsaid = ("script", "style", "template")
    if isinstance(element.tag, str) and element.tag not in unsaid:
        yield element.text or ""
        for child in element:
            yield from _texts(child)
            yield child.tail or ""


def _value(option: HtmlElement) -> str:
    return str(option.get("value", ""))


def _has_class(name: str) -> str:
    return f"contains(concat(' ', normalize-space(@class), ' '), ' {name} ')"
