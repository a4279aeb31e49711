"""A visitor who reads pages as HTML and sends their forms, as a browser without JavaScript does."""

from functools import cached_property
from typing import Any

from bs4 import BeautifulSoup, Tag
from flask import Flask
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
        """The page as a tree; made when it is asked for, because it takes as long as the answer itself."""
        return BeautifulSoup(self.text, "html.parser")

    @property
    def title(self) -> str:
        return self.soup.title.get_text() if self.soup.title else ""

    @property
    def address(self) -> str:
        """The path of this page with its query."""
        return self.response.request.full_path.rstrip("?")

    @property
    def messages(self) -> str:
        texts = self.soup.select(".message > :not(.icon, [data-dismiss])")
        return " ".join(tag.get_text(" ", strip=True) for tag in texts)

    @property
    def errors(self) -> list[str]:
        """The lines of the summary above the form."""
        return [tag.get_text(" ", strip=True) for tag in self.soup.select("#errors li")]

    def rows(self) -> list[list[str]]:
        """The cells of the list's rows, as text, without the box to tick."""
        return [
            [cell.get_text(" ", strip=True) for cell in row.select("th, td:not(:has(> [name=selected]))")]
            for row in self.soup.select(".table tbody tr")
        ]

    def row_keys(self) -> list[str]:
        """The keys of the list's rows: of their boxes to tick, or their own where there is nothing to tick."""
        rows = self.soup.select(".table tbody tr")
        boxes = [row.select_one("[name=selected]") for row in rows]
        return [str(box["value"] if box else row["data-key"]) for row, box in zip(rows, boxes, strict=True)]

    def column(self, number: int = 0) -> list[str]:
        return [row[number] for row in self.rows()]

    def link(self, label: str) -> str | None:
        """The address behind the first link that reads *label*."""
        for tag in self.soup.find_all("a"):
            if label in tag.get_text(" ", strip=True):
                return str(tag["href"])
        return None

    def follow(self, label: str) -> "Page":
        address = self.link(label)
        assert address is not None, f"no link “{label}” on {self.address}"
        return self.visitor.get(address, came_from=self.address)

    def form(self, action: str | None = None) -> "Form":
        """The page's form that posts to *action*, by default to the page itself or, failing that, the main one."""
        forms = self.soup.select("main form[method=post]")
        found = [form for form in forms if action is None or form.get("action") == action]
        assert found, f"no form for {action} on {self.address}"
        return Form(self, found[0])


class Form:
    """A form as the page gave it: hidden fields, values and all."""

    def __init__(self, page: Page, tag: Tag) -> None:
        self.page = page
        self.tag = tag
        self.action = str(tag.get("action") or page.address)
        self.fields: dict[str, Any] = {}
        for control in tag.select("input, select, textarea"):
            # What a script makes rows of belongs to no form.
            if control.find_parent("template") is None:
                self._take(control)

    def _take(self, control: Tag) -> None:
        name = control.get("name")
        kind = control.get("type", "text")
        # Without a file chosen a browser sends an empty one, which is the same as none.
        if not name or control.has_attr("disabled") or kind == "file":
            return
        if kind in ("checkbox", "radio"):
            if control.has_attr("checked"):
                self._add(str(name), control.get("value", "on"))
        elif control.name == "select" and control.has_attr("multiple"):
            self.fields[str(name)] = [
                option.get("value", "") for option in control.select("option[selected]")
            ]
        elif control.name == "select":
            chosen = control.select_one("option[selected]") or control.select_one("option")
            self.fields[str(name)] = chosen.get("value", "") if chosen else ""
        elif control.name == "textarea":
            self.fields[str(name)] = control.get_text().replace("\r\n", "\n").removeprefix("\n")
        else:
            self._add(str(name), control.get("value", ""))

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
            assert self.tag.select_one(f'[name="{name}"]'), f"no field {name} on {self.page.address}"
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
