"""Addresses that are made once are those that Flask makes each time."""

import pytest
from flask import Flask, url_for

from webapp.web import addresses
from webapp.web.addresses import MOST, address, address_of

pytestmark = pytest.mark.one_engine


@pytest.mark.parametrize("root", ["", "/admin"])
def test_an_address_is_flasks_own_below_whatever_root_the_request_has(app: Flask, root: str) -> None:
    with app.test_request_context(environ_overrides={"SCRIPT_NAME": root}):
        for _ in range(2):
            assert address("users.list") == url_for("users.list") == f"{root}/users/"
            assert (
                address("users.change", "~") == url_for("users.change", key="~") == f"{root}/users/~/change/"
            )


def test_one_endpoint_below_two_roots_has_two_addresses(app: Flask) -> None:
    found = []
    for root in ("", "/admin", ""):
        with app.test_request_context(environ_overrides={"SCRIPT_NAME": root}):
            found.append(address("account.profile"))
    assert found == ["/account/", "/admin/account/", "/account/"]


@pytest.mark.parametrize("root", ["", "/~key~"])
@pytest.mark.parametrize("key", ["7", "2_x", "a/b", "ü", "x y", "a-b", "~key~", "", "%2F", "Q7"])
def test_the_address_of_an_object_is_flasks_own_whatever_its_key_holds(
    app: Flask, root: str, key: str
) -> None:
    with app.test_request_context(environ_overrides={"SCRIPT_NAME": root}):
        for endpoint in ("users.change", "users.delete", "groups.history"):
            if key:
                assert address_of(endpoint, key) == url_for(endpoint, key=key)
        assert address_of("users.change", "8").endswith("/users/8/change/")


def test_two_applications_have_each_its_own_address_for_an_endpoint_of_one_name() -> None:
    found = []
    for rule in ("/here", "/there"):
        app = Flask(__name__)
        app.add_url_rule(rule, "page", lambda: "")
        addresses.init_app(app)
        with app.test_request_context():
            found.append(address("page"))
    assert found == ["/here", "/there"]


def test_whatever_roots_are_asked_for_no_more_addresses_are_kept_than_a_program_has(app: Flask) -> None:
    for number in range(MOST + 10):
        with app.test_request_context(environ_overrides={"SCRIPT_NAME": f"/{number}"}):
            assert address("account.profile") == f"/{number}/account/"
    assert app.extensions["addresses"].cache_info().currsize <= MOST
