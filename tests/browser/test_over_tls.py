"""Every form is sent by a real browser over TLS, through the sample for nginx (WB-05).

Over TLS Flask-WTF refuses a form without a referrer, which is why pages send `Referrer-Policy: same-origin`.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from tests.browser.server import Site
from tests.browser.visits import Visit, visiting
from tests.conftest import add_user, close, make_settings
from tests.deploy.nginx import find_nginx, running_nginx
from tests.deploy.servers import free_port, running_gunicorn
from tests.pages import PASSWORD
from webapp import create_app
from webapp.extensions import db
from webapp.users.models import User
from webapp.users.service import find_user

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Response

HOST = "localhost"
NEW = "pomar de figos maduros"


@pytest.fixture(scope="module")
def secure(browser: "Browser", tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    program = find_nginx()
    if program is None:
        pytest.skip("there is no nginx on this machine")
    folder, http, https = tmp_path_factory.mktemp("tls"), free_port(), free_port()
    values = {"BASE_URL": f"https://{HOST}:{https}", "PROXY_HOPS": "1"}
    url = f"sqlite:///{folder / 'test.db'}"
    with (
        running_gunicorn(folder, url, **values) as gunicorn,
        running_nginx(program, folder, http, https, gunicorn.port, HOST),
    ):
        app = create_app(make_settings(DATABASE_URL=url, **values))
        yield Site(values["BASE_URL"], app)
        close(app)


@pytest.fixture
def alice(browser: "Browser", secure: Site) -> Iterator[Visit]:
    """Signed in by the page itself: the first form that is sent. A superuser again where another test left none."""
    with secure.app.app_context():
        db.session.execute(update(User).where(User.username == "alice").values(is_superuser=True))
        db.session.commit()
    with visiting(browser, secure, ignore_https_errors=True) as visit:
        visit.open("/login")
        visit.fill(username="alice", password=PASSWORD)
        assert sent(visit, lambda: visit.press("Sign in")) == 303
        yield visit


def sent(visit: Visit, do: Callable[[], None]) -> int:
    """How the one form was answered that *do* sends."""
    answers: list[Response] = []

    def note(response: "Response") -> None:
        if response.request.method == "POST":
            answers.append(response)

    visit.page.on("response", note)
    do()
    visit.wait_until(lambda: answers)
    visit.page.remove_listener("response", note)
    (answer,) = answers
    assert answer.request.headers["referer"].startswith(visit.site.url)
    assert "csrf_token=" in (answer.request.post_data or "")
    return answer.status


def person(secure: Site, name: str) -> User | None:
    with secure.app.app_context():
        return find_user(name)


def test_somebody_is_added_changed_and_deleted(secure: Site, alice: Visit) -> None:
    alice.open("/users/add/")
    alice.fill(username="bob", email="bob@example.org", password=NEW, password_confirm=NEW)
    assert sent(alice, lambda: alice.press("Save")) == 303
    bob = person(secure, "bob")
    assert bob is not None
    alice.open(f"/users/{bob.id}/change/")
    alice.fill(full_name="Bob")
    assert sent(alice, lambda: alice.press("Save")) == 303
    alice.open(f"/users/{bob.id}/password/")
    alice.fill(password=NEW + "2", password_confirm=NEW + "2")
    assert sent(alice, lambda: alice.page.locator("main form .button-primary").first.click()) == 303
    alice.open(f"/users/{bob.id}/delete/")
    assert sent(alice, lambda: alice.press("Yes, delete")) == 303
    assert person(secure, "bob") is None


def test_an_action_is_asked_for_and_done(secure: Site, alice: Visit) -> None:
    carol = add_user(secure.app, "carol")
    alice.open("/users/?q=carol")
    alice.page.locator(f"[name=selected][value='{carol.id}']").check()
    alice.page.locator("select[name=action]").select_option("deactivate")
    assert sent(alice, lambda: alice.page.locator(".selection button[type=submit]").first.click()) == 200
    assert sent(alice, lambda: alice.page.locator("[name=_confirm]").click()) == 303
    after = person(secure, "carol")
    assert after is not None
    assert not after.is_active


def test_a_group_is_added(alice: Visit) -> None:
    alice.open("/groups/add/")
    alice.fill(name="Editors")
    assert sent(alice, lambda: alice.press("Save")) == 303


def test_ones_own_account_is_changed_and_left(secure: Site, alice: Visit) -> None:
    alice.open("/account/")
    alice.fill(full_name="Alice Almeida")
    assert sent(alice, lambda: alice.press("Save")) == 303
    alice.open("/account/password/")
    alice.fill(current_password=PASSWORD, password=PASSWORD, password_confirm=PASSWORD)
    assert sent(alice, lambda: alice.page.locator("main form .button-primary").first.click()) in (303, 422)
    for action in ("/account/preferences", "/logout"):
        alice.open("/")
        # Later, because the page that is asked goes away with it.
        script = f"setTimeout(() => document.querySelector(\"form[action='{action}']\").requestSubmit(), 100)"
        with alice.page.expect_navigation():
            assert sent(alice, lambda script=script: alice.page.evaluate(script)) == 303  # type: ignore[misc]
    alice.page.wait_for_url("**/login")


def test_the_first_administrator_is_made(browser: "Browser", secure: Site) -> None:
    with secure.app.app_context():
        db.session.execute(update(User).values(is_superuser=False))
        db.session.commit()
    with visiting(browser, secure, ignore_https_errors=True) as visit:
        visit.page.goto(secure.setup_link())
        visit.fill(username="eve", email="eve@example.org", password=NEW, password_confirm=NEW)
        assert sent(visit, lambda: visit.press("Create the administrator")) == 303
    assert person(secure, "eve") is not None
