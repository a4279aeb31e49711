"""Pictures of every page of the demo: ``make pictures``, at a desk and on a phone, light and dark.

A page that cannot be taken, because it looks different by now, is told at the end and does not keep the others back.
"""

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from playwright.sync_api import Error, sync_playwright
from sqlalchemy import func, select

from tests.browser.people import HOSTILE
from tests.browser.server import Site, running_site
from tests.browser.visits import DESKTOP, FLAGS, PHONE, Visit, find_chromium, visiting
from webapp.admin.history import LogEntry
from webapp.extensions import db
from webapp.setting_types import ROOT
from webapp.users import demo
from webapp.users.models import Group, User

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

FOLDER = ROOT / "pictures"
DOCUMENTED = ROOT / "docs" / "pictures"
SIZES = {"1280": DESKTOP, "390": PHONE}
SCHEMES = ("light", "dark")
TALLEST = 2400
MOST_BYTES = 200_000
# Whatever a step waits for is there at once or not at all.
PATIENCE = 15_000

# Forms are sent by their fields, which are promised, and not by their buttons, which move about.
SEND = """(values) => {
  const form = document.querySelector("main form[method=post]");
  for (const [name, value] of Object.entries(values)) form.elements[name].value = value;
  HTMLFormElement.prototype.submit.call(form);
}"""
SEND_ACTION = """([address, values]) => {
  const form = document.createElement("form");
  Object.assign(form, { method: "post", action: address });
  const token = document.querySelector("input[name=csrf_token]").value;
  for (const [name, value] of [["csrf_token", token], ...values]) {
    form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  }
  document.body.append(form);
  HTMLFormElement.prototype.submit.call(form);
}"""


class Picture(NamedTuple):
    """A page, and what is done there before it is taken."""

    name: str
    address: str
    prepare: "Callable[[Page], object]" = lambda page: None
    status: int = 200


class Keys(NamedTuple):
    """The objects on the pictures."""

    person: int
    rich: int
    hostile: int
    group: int


def send(**values: str) -> "Callable[[Page], object]":
    def prepare(page: "Page") -> None:
        with page.expect_navigation():
            page.evaluate(SEND, values)

    return prepare


def ask(action: str) -> "Callable[[Page], object]":
    """Choose an action for the first rows of the list."""

    def prepare(page: "Page") -> None:
        keys = page.locator(".table tbody [name=selected]").evaluate_all(
            "(boxes) => boxes.map((box) => box.value)"
        )
        values = [["action", action], *(["selected", key] for key in keys[:3])]
        with page.expect_navigation():
            page.evaluate(SEND_ACTION, ["/users/action/", values])

    return prepare


def click(selector: str, number: int = 1) -> "Callable[[Page], object]":
    """Click the first ones that *selector* finds."""

    def prepare(page: "Page") -> None:
        for place in range(number):
            page.locator(selector).nth(place).click()

    return prepare


def press(keys: str) -> "Callable[[Page], object]":
    return lambda page: page.keyboard.press(keys)


def strangers(site: Site) -> list[Picture]:
    return [
        Picture("sign-in", "/login"),
        Picture("sign-in-refused", "/login", send(username="nobody", password="nothing")),
        Picture("set-up", urlsplit(site.setup_link()).path),
        Picture("set-up-refused", urlsplit(site.setup_link()).path, send(username="a b", email="x")),
    ]


def pages(keys: Keys) -> list[Picture]:
    person, rich, hostile, group = (f"/users/{key}" for key in keys)
    group = f"/groups/{keys.group}"
    return [
        Picture("index", "/"),
        Picture("index-person-menu", "/", click(".person-button")),
        Picture("index-menu", "/", click(".menu-button")),
        Picture("index-help", "/", press("?")),
        Picture("index-palette", "/", press("Control+k")),
        Picture("list", "/users/"),
        Picture("list-last", "/users/?last=1"),
        Picture("list-empty", "/users/?q=nobody%20is%20called%20so"),
        Picture("list-filtered", "/users/?is_active=false&is_staff=false&q=an&sort=-created_at"),
        Picture("list-counts", "/users/?facets=1&created_at__gte=2020-01-01&created_at__lte=today"),
        Picture("list-selected", "/users/", click(".table tbody tr [name=selected]", 3)),
        Picture("list-filters", "/users/", click(".toolbar summary, .toolbar [popovertarget]")),
        Picture("list-sorted", "/users/?sort=-is_staff,username", click("summary:has-text('Then by …')")),
        Picture("list-export", "/users/", click(".page-actions summary")),
        Picture("list-views", "/users/?q=an", click(".views summary")),
        Picture("list-display", "/users/", click(".display summary")),
        Picture("display", "/users/display/?q=an"),
        Picture("view-add", "/users/views/?q=an&sort=-email"),
        Picture("view-refused", "/users/views/?q=an", send(name=" ")),
        Picture("list-hostile", "/users/?username__in=" + "&username__in=".join(["zalgo", "x" * 150])),
        Picture("list-refused", "/users/?nothing=1", status=400),
        Picture("list-groups", "/groups/"),
        Picture("form-add", "/users/add/"),
        Picture("form-refused", "/users/add/", send(username="alice", email="nobody", password="short")),
        Picture("form-change", f"{rich}/change/"),
        Picture("form-hostile", f"{hostile}/change/"),
        Picture("form-group", f"{group}/change/"),
        Picture("form-group-add", "/groups/add/"),
        Picture("password-of-other", f"{person}/password/"),
        Picture("delete", f"{rich}/delete/"),
        Picture("delete-group", f"{group}/delete/"),
        Picture("history", f"{rich}/history/"),
        Picture("history-group", f"{group}/history/"),
        Picture("history-field", f"{rich}/history/?field=locale"),
        Picture("history-site", "/log_entries/"),
        Picture("action-asks", "/users/", ask("deactivate")),
        Picture("action-form", "/users/", ask("add_to_group")),
        Picture("action-delete", "/users/", ask("delete")),
        Picture("choose", "/users/lookup/?field=groups"),
        Picture("search", "/search?q=an"),
        Picture("profile", "/account/"),
        Picture("password", "/account/password/"),
        Picture("styleguide", "/styleguide"),
        Picture("error-404", "/nothing/here/", status=404),
    ]


class Camera:
    """Takes pictures in one browser, four ways each, and notes what did not work."""

    def __init__(self, visit: Visit) -> None:
        self.visit, self.page = visit, visit.page
        self.page.context.set_default_timeout(PATIENCE)
        self.troubles: list[str] = []
        # Pages that this version does not have.
        self.absent: set[str] = set()

    def take(self, pictures: list[Picture], also: str = "") -> None:
        for picture in pictures:
            for size in SIZES:
                try:
                    self._take(picture, size, also)
                except (Error, AssertionError) as error:
                    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
                    self.troubles.append(f"{picture.name} at {size}: {reason}")
        if self.absent:
            print(f"Not here: {', '.join(sorted(self.absent))}")

    def _take(self, picture: Picture, size: str, also: str) -> None:
        self.page.set_viewport_size(SIZES[size])
        self.page.emulate_media(color_scheme="light", reduced_motion="reduce")
        answer = self.visit.open(picture.address)
        if answer is not None and answer.status == 404 and picture.status != 404:
            self.absent.add(picture.address)
            return
        assert answer is not None, "no answer"
        assert answer.status == picture.status, f"answered {answer.status}"
        is_hidden = picture.name == "index-menu" and size == "1280"
        if not is_hidden:
            picture.prepare(self.page)
        # A taller window rather than a long picture, in which what sticks to the window would stand in the middle.
        height = self.page.evaluate("document.documentElement.scrollHeight")
        tall = min(max(height, SIZES[size]["height"]), TALLEST)
        self.page.set_viewport_size({**SIZES[size], "height": tall})
        for scheme in SCHEMES:
            self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            self.page.screenshot(path=FOLDER / f"{picture.name}{also}.{size}.{scheme}.png")


def add_difficult_people(site: Site) -> None:
    """People whose names are meant to break a page, one who likes it compact and one who may do nothing."""
    site.add_people(HOSTILE)
    with site.app.app_context():
        for username in ("nobody", "compact"):
            kind = {"is_superuser": True, "density": "compact"} if username == "compact" else {}
            db.session.add(
                User(
                    username=username,
                    email=f"{username}@example.org",
                    password=demo.password(),
                    is_staff=True,
                    **kind,
                )
            )
        db.session.commit()


def find_keys(site: Site) -> Keys:
    """Objects that show something: the rich person has the longest history of those who are in a group."""
    with site.app.app_context():
        entries = select(LogEntry.key).where(LogEntry.name == "users", LogEntry.verb != "sign-in")
        longest = entries.group_by(LogEntry.key).order_by(func.count().desc(), LogEntry.key)
        members = set(db.session.scalars(select(User.id).where(User.groups.any())))
        rich = next((int(key) for key in db.session.scalars(longest) if int(key) in members), 0)
        hostile = db.session.scalar(select(User.id).where(User.username == "x" * 150))
        group = db.session.scalar(select(Group.id).where(Group.name == "Support"))
    return Keys(min(members), rich, hostile or 0, group or 0)


def sign_in(visit: Visit, site: Site, username: str) -> None:
    with site.app.app_context():
        secret = demo.password()
    visit.open("/login")
    visit.fill(username=username, password=secret)
    with visit.page.expect_navigation():
        visit.page.locator("main form[method=post] button[type=submit]").last.click()


def document(camera: Camera, keys: Keys) -> None:
    """The two pictures of the README, small enough to be read on the way."""
    DOCUMENTED.mkdir(exist_ok=True)
    camera.page.set_viewport_size(DESKTOP)
    camera.page.emulate_media(color_scheme="light", reduced_motion="reduce")
    for name, address in (("users", "/users/"), ("change", f"/users/{keys.rich}/change/")):
        camera.visit.open(address)
        path = DOCUMENTED / f"{name}.png"
        camera.page.screenshot(path=path)
        if path.stat().st_size > MOST_BYTES:
            camera.troubles.append(f"{path.name} has {path.stat().st_size:,} bytes, more than {MOST_BYTES:,}")


def photograph(browser: "Browser", site: Site) -> list[str]:
    """Take everything; what did not work."""
    troubles: list[str] = []

    def visiting_as(username: str, work: Callable[[Camera], None]) -> None:
        try:
            with visiting(browser, site) as visit:
                camera = Camera(visit)
                if username:
                    sign_in(visit, site, username)
                work(camera)
                troubles.extend(camera.troubles)
        except AssertionError as error:
            troubles.extend(f"the browser complains: {line}" for line in str(error).splitlines()[:10])

    visiting_as("", lambda camera: camera.take(strangers(site)))
    with site.app.app_context():
        demo.fill()
    if os.environ.get("README"):
        visiting_as("alice", lambda camera: document(camera, find_keys(site)))
    add_difficult_people(site)
    keys = find_keys(site)
    visiting_as("alice", lambda camera: camera.take(pages(keys)))
    compact = [one for one in pages(keys) if one.name in ("list", "form-change")]
    visiting_as("compact", lambda camera: camera.take(compact, "-compact"))
    refused = [Picture("index-nothing", "/"), Picture("error-403", "/users/", status=403)]
    visiting_as("nobody", lambda camera: camera.take(refused))
    return troubles


def main() -> int:
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.png"):
        old.unlink()
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        path = find_chromium(playwright)
        if path is None:
            print("There is no Chromium on this machine (chromium, chromium-browser, google-chrome).")
            return 1
        with (
            playwright.chromium.launch(executable_path=path, args=list(FLAGS)) as browser,
            running_site(Path(folder)) as site,
        ):
            troubles = photograph(browser, site)
    for trouble in troubles:
        print(f"- {trouble}", file=sys.stderr)
    print(f"{len(list(FOLDER.glob('*.png')))} pictures in {FOLDER.relative_to(ROOT)}/")
    return 1 if troubles else 0


if __name__ == "__main__":
    sys.exit(main())
