"""A session that ends while one types: what was typed comes back, in a real browser."""

from typing import Any

import pytest

from tests.browser.conftest import Visiting
from tests.browser.server import Site
from tests.conftest import add_user
from tests.pages import PASSWORD
from webapp.account.models import UserSession
from webapp.extensions import db

NEW = PASSWORD + "2"


@pytest.mark.parametrize(
    "browser_options",
    [pytest.param({}, id="at a desk"), pytest.param({"java_script_enabled": False}, id="without JavaScript")],
)
def test_who_was_signed_out_while_typing_signs_in_and_goes_on(
    site: Site, visit: Visiting, browser_options: dict[str, Any]
) -> None:
    """WB-04."""
    add_user(site.app, "alice", is_superuser=True)
    here = visit(**browser_options)
    here.sign_in()
    here.open("/users/add/")
    here.fill(username="erin", email="erin@example.org", password=NEW, password_confirm=NEW)
    with site.app.app_context(), db.engine.begin() as connection:
        connection.execute(UserSession.__table__.delete())
    here.press("Save")
    assert "nothing is saved yet" in here.page.inner_text("main")
    here.fill(username="alice", password=PASSWORD)
    here.press("Sign in")
    assert "You were signed out meanwhile" in here.message()
    assert here.page.input_value("main [name=username]") == "erin"
    assert here.page.input_value("main [name=password]") == ""
    here.fill(password=NEW, password_confirm=NEW)
    here.press("Save")
    assert "erin was added" in here.message()
