"""The walk through the registry: whatever the library registers has a list, with all that belongs to one."""

from urllib.parse import urlencode

import pytest
from flask import Flask
from sqlalchemy import select

from tests.library import world
from tests.library.filling import text_for
from tests.library.kinds import ODD_KEYS, Notice
from tests.library.walking import ANNEXED, NAMES, READ_ONLY, Walk
from tests.pages import Visitor
from tests.shares import share
from webapp.admin.site import current_site
from webapp.extensions import db


def test_the_walk_meets_every_admin_of_the_library(library_app: Flask) -> None:
    with library_app.app_context():
        registered = {model_admin.name for model_admin in current_site()}
    annexed = () if world.has_schemas(library_app.config["DATABASE_URL"]) else ANNEXED
    assert registered - {"users", "groups"} == {*NAMES, READ_ONLY} - {*annexed}


def test_the_small_world_has_every_page(library_app: Flask, as_library_alice: Visitor) -> None:
    with library_app.app_context():
        world.fill(db.session())
        names = [model_admin.name for model_admin in current_site()]
    assert as_library_alice.get("/").status == 200
    for name in names:
        page = as_library_alice.get(f"/{name}/")
        assert page.status == 200, name
        for link in page.soup.select(".table tbody tr a[href^='/']"):
            assert as_library_alice.get(str(link["href"])).status == 200, link["href"]


def test_the_list_opens_in_every_order(walk: Walk) -> None:
    walk.rows(1, 2, 3)
    page = walk.get()
    assert len(page.rows()) == walk.count()
    links = share([str(link["href"]) for link in page.soup.select("thead a")])
    for link in links:
        for address in (link, link.replace("sort=", "sort=-").replace("sort=--", "sort=")):
            assert len(walk.get(f"?{address.partition('?')[2]}").rows()) == walk.count()


def test_every_filter_takes_what_its_control_sends(walk: Walk) -> None:
    walk.rows(1, 2)
    panel = walk.get().soup.select_one(".filters form")
    for control in panel.select("select, input:not([type=hidden])") if panel else ():
        name = str(control["name"])
        column = walk.info.selectable.get(name.partition("__")[0])
        values = [str(option["value"]) for option in control.select("option") if option["value"]]
        if not values and column is not None:
            values = [text_for(column, 1)[:10] if control.get("type") == "date" else text_for(column, 1)]
        for value in share(values, 2):
            walk.get(f"?{urlencode([(name, value)])}")


def test_the_search_finds_rows(walk: Walk) -> None:
    walk.rows(1, 2)
    if not walk.admin.search_fields:
        assert walk.visitor.get(f"/{walk.name}/?q=a").status == 400
        return
    walk.get("?q=nothing+like+this")
    walk.get("?q=%22%25_%5C%22+1")


def test_a_model_that_is_read_only_is_shown_and_nothing_else(
    library_app: Flask, as_library_alice: Visitor
) -> None:
    walk = Walk(library_app, as_library_alice, READ_ONLY)
    (key,) = walk.rows(1)
    assert len(walk.get().rows()) == 1
    assert walk.get().link("Add visit") is None
    page = walk.get(f"{key}/change/")
    assert page.soup.select("main form[method=post]") == []
    walk.get(f"{key}/history/")
    for address in ("add/", f"{key}/delete/"):
        assert as_library_alice.get(f"/{READ_ONLY}/{address}").status == 403
    before = walk.stored(key)
    for address in ("add/", f"{key}/change/", f"{key}/delete/"):
        token = as_library_alice.get("/account/").form().fields["csrf_token"]
        assert as_library_alice.post(f"/{READ_ONLY}/{address}", {"csrf_token": token}).status == 403
    assert (walk.count(), walk.stored(key), walk.entries()) == (1, before, [])


# Odd keys


@pytest.mark.parametrize("key", ODD_KEYS)
def test_a_key_of_any_text_opens_its_own_pages(
    library_app: Flask, as_library_alice: Visitor, key: str
) -> None:
    notices = [Notice(code=code, title=f"Notice “{code}”") for code in ODD_KEYS]
    world.keep(library_app, *notices)
    page = as_library_alice.get("/notices/")
    (link,) = [tag for tag in page.soup.select(".table tbody tr a") if tag.get_text() == key]
    address = str(link["href"])
    changed = as_library_alice.get(address)
    assert changed.status == 200
    assert changed.form().fields["title"] == f"Notice “{key}”"
    assert changed.form().fill(title="Changed").submit().status == 303
    with library_app.app_context():
        titles = dict(db.session.execute(select(Notice.code, Notice.title)).all())
    assert titles == {code: "Changed" if code == key else f"Notice “{code}”" for code in ODD_KEYS}
    base = address.removesuffix("change/")
    (line,) = as_library_alice.get(f"{base}history/").soup.select(".timeline-line")
    assert line.get_text(" ", strip=True) == "alice changed Changed"
    gone = as_library_alice.get(f"{base}delete/")
    assert gone.status == 200
    assert gone.form().submit().status == 303
    with library_app.app_context():
        assert set(db.session.scalars(select(Notice.code))) == {*ODD_KEYS} - {key}


def test_a_key_of_any_text_is_added(library_app: Flask, as_library_alice: Visitor) -> None:
    """Blanks at the ends are stripped in a form, so one key cannot be made there."""
    for key in ODD_KEYS:
        form = as_library_alice.get("/notices/add/").form().fill(code=key, title=f"Notice “{key}”")
        page = form.submit("_continue", follow=True)
        assert page.status == 200, page.errors
        assert page.form().fields["title"] == f"Notice “{key}”"
    with library_app.app_context():
        assert set(db.session.scalars(select(Notice.code))) == {key.strip() for key in ODD_KEYS}
