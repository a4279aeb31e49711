"""Every page, with people of every kind on it: accessible in light and dark, at a desk and on a phone."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, NamedTuple

import pytest
from sqlalchemy import update

from tests.browser.people import HOSTILE, everyday
from tests.browser.server import Site
from tests.browser.visits import PHONE, Visit, visiting
from tests.conftest import add_user
from webapp.extensions import db
from webapp.users.models import User

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")

from tests.browser.looking import findings


class Office(NamedTuple):
    """Three people at their desks, before one system."""

    alice: Visit
    bob: Visit
    charlie: Visit
    stranger: Visit
    keys: dict[str, int]


@pytest.fixture(scope="module")
def office(browser: "Browser", _running_site: Site) -> Iterator[Office]:
    site = _running_site
    add_user(site.app, "alice", is_superuser=True, full_name="Alice Almeida")
    add_user(site.app, "bob", grants=("users.view",))
    add_user(site.app, "charlie")
    site.add_people([*HOSTILE, *everyday(110)])
    with site.app.app_context():
        keys = {name: key for name, key in db.session.execute(db.select(User.username, User.id))}
    with ExitStack() as stack:
        alice, bob, charlie, stranger = (stack.enter_context(visiting(browser, site)) for _ in range(4))
        for visit, name in ((alice, "alice"), (bob, "bob"), (charlie, "charlie")):
            visit.sign_in(name)
        yield Office(alice, bob, charlie, stranger, keys)
    site.empty()


# The pages that an address is enough for: who opens it, and where.
ADDRESSES = {
    "sign in": ("stranger", "/login"),
    "whom to ask for a password": ("stranger", "/account/forgotten/"),
    "index": ("alice", "/"),
    "index of somebody who may see nothing": ("charlie", "/"),
    "full list": ("alice", "/users/"),
    "list sorted, searched and filtered": ("alice", "/users/?q=an&sort=-email,username&is_active=true"),
    "list with counts and filters of each sort": (
        "alice",
        "/users/?facets=1&created_at__last=30&groups__isnull=true&username__contains=a&created_at__gte=2020-01-01"
        "&created_at__lte=today",
    ),
    "display": ("alice", "/users/display/?q=an"),
    "save as a view": ("alice", "/users/views/?q=an&sort=-email"),
    "list without a match": ("alice", "/users/?q=nobody-is-called-so"),
    "list beyond its end": ("alice", "/users/?from=%F4%8F%BF%BD"),
    "list of somebody who may only read": ("bob", "/users/?size=25"),
    "add": ("alice", "/users/add/"),
    "change": ("alice", "/users/{alice}/change/"),
    "change a long name": ("alice", "/users/{long}/change/"),
    "view": ("bob", "/users/{charlie}/change/"),
    "delete": ("alice", "/users/{long}/delete/"),
    "history": ("alice", "/users/{alice}/history/"),
    "history of one field": ("alice", "/users/{alice}/history/?field=locale"),
    "history of the site": ("alice", "/log_entries/"),
    "set password": ("alice", "/users/{long}/password/"),
    "password link": ("alice", "/users/{long}/link/"),
    "account": ("alice", "/account/"),
    "own password": ("alice", "/account/password/"),
    "search everywhere": ("alice", "/search"),
    "found everywhere": ("alice", "/search?q=o"),
    "nothing found": ("charlie", "/search?q=o"),
    "not allowed": ("charlie", "/users/"),
    "not there": ("alice", "/users/987654/change/"),
    "malformed": ("alice", "/users/?nonsense=1"),
}


def test_what_is_wrong_with_a_page_would_be_found(office: Office) -> None:
    office.alice.open("/users/add/")
    office.alice.page.evaluate(
        """() => {
          document.querySelector("label[for=email]").remove();
          document.querySelector(".form").insertAdjacentHTML("beforeend", `<pre>${"x".repeat(99)}</pre>`);
        }"""
    )
    found = "\n".join(findings(office.alice.page))
    assert "1280 px, light: label:" in found
    assert "320 px: too wide: <pre>" in found


@pytest.mark.parametrize("page", ADDRESSES)
def test_it_is_accessible(office: Office, page: str) -> None:
    who, address = ADDRESSES[page]
    visit: Visit = getattr(office, who)
    keys = office.keys
    visit.open(address.format(alice=keys["alice"], charlie=keys["charlie"], long=keys["x" * 150]))
    assert findings(visit.page) == []
    visit.watch.assert_clean()


def sign_in_wrongly(office: Office) -> Visit:
    office.stranger.open("/login")
    office.stranger.fill(username="alice", password="not this one")
    office.stranger.press("Sign in")
    return office.stranger


def filter_panel(office: Office) -> Visit:
    office.alice.open("/users/?is_active=true&size=25")
    office.alice.page.get_by_text("Filters", exact=True).click()
    return office.alice


def display_panel(office: Office) -> Visit:
    office.alice.open("/users/?size=25")
    office.alice.page.get_by_text("Display", exact=True).click()
    office.alice.page.get_by_role("button", name="Down: Username").wait_for()
    return office.alice


def changed_view(office: Office) -> Visit:
    _save_view(office, "x" * 80)
    office.alice.open(office.alice.page.url.removeprefix(office.alice.site.url) + "&sort=username")
    assert office.alice.page.get_by_text("is changed").is_visible()
    office.alice.page.locator(".views summary").click()
    return office.alice


def _save_view(office: Office, name: str) -> None:
    office.alice.open("/users/views/?is_active=true&sort=-email&columns=email,username")
    office.alice.fill(name=name)
    office.alice.press("Save")


def edit_view(office: Office) -> Visit:
    _save_view(office, "y" * 80)
    office.alice.open("/users/?size=25")
    office.alice.page.locator(".views summary").click()
    office.alice.page.get_by_role("link", name="Edit the view").first.click()
    office.alice.page.get_by_role("link", name="Delete this view").wait_for()
    return office.alice


def person_menu(office: Office) -> Visit:
    office.alice.open("/users/?size=25")
    office.alice.page.get_by_role("button", name="Your account:").click()
    return office.alice


def menu_on_a_phone(office: Office) -> Visit:
    office.alice.open("/users/?size=25")
    office.alice.page.set_viewport_size(PHONE)
    office.alice.press("Menu")
    assert office.alice.page.locator("#menu").is_visible()
    return office.alice


def form_with_errors(office: Office) -> Visit:
    office.alice.open("/users/add/")
    mixed = "\N{CYRILLIC SMALL LETTER A}dmin"
    office.alice.fill(username=mixed, email="nothing", password="short", password_confirm="other")
    office.alice.press("Save")
    assert office.alice.page.locator("#errors").is_visible()
    return office.alice


def conflict(office: Office) -> Visit:
    key = office.keys["charlie"]
    office.alice.open(f"/users/{key}/change/")
    with office.alice.site.app.app_context():
        changed = {"full_name": "Charles", "version": User.version + 1}
        db.session.execute(update(User).where(User.id == key).values(changed))
        db.session.commit()
    office.alice.fill(full_name="Charlotte")
    office.alice.press("Save")
    assert "Charles" in office.alice.page.locator("main").inner_text()
    return office.alice


def message(office: Office) -> Visit:
    office.alice.open(f"/users/{office.keys['bob']}/change/")
    office.alice.fill(full_name="<i>Robert</i>")
    office.alice.press("Save and continue editing")
    assert "bob was changed" in office.alice.message()
    return office.alice


@pytest.mark.parametrize(
    "reach",
    [
        sign_in_wrongly,
        filter_panel,
        display_panel,
        changed_view,
        edit_view,
        person_menu,
        menu_on_a_phone,
        form_with_errors,
        conflict,
        message,
    ],
    ids=lambda reach: reach.__name__.replace("_", " "),
)
def test_it_is_accessible_after(office: Office, reach: Callable[[Office], Visit]) -> None:
    visit = reach(office)
    assert findings(visit.page) == []
    visit.watch.assert_clean()
