"""Two people at the rows of a form and at the cells of a list: which version stays is chosen with the keyboard."""

from typing import Any

import pytest
from sqlalchemy import func, select

from tests.browser.looking import findings
from tests.browser.visits import Visit
from tests.conftest import add_user, signed_in
from tests.library.books import Book, Loan
from tests.library.people import Card, Member
from tests.pages import Visitor
from webapp.extensions import db


@pytest.fixture
def dora(as_alice: Visit) -> Visitor:
    return signed_in(as_alice.site.app, add_user(as_alice.site.app, "dora", is_superuser=True))


def asked(here: Visit, statement: Any) -> Any:
    with here.site.app.app_context():
        return db.session.execute(statement).first()


def now(here: Visit, column: Any, condition: Any) -> str:
    return str(asked(here, select(column).where(condition))[0])


def test_rows_of_a_table_are_chosen_for_with_the_keyboard(as_alice: Visit, dora: Visitor) -> None:
    author, title, key = asked(
        as_alice,
        select(Book.author_id, Book.title, Book.id).where(Book.author_id.is_not(None)).order_by(Book.id),
    )
    as_alice.open(f"/authors/{author}/change/")
    page = as_alice.page
    row = page.locator("#books tbody tr", has=page.locator(f"[value^='{key}:']"))
    row.locator("[name$=-title]").fill("Mine")
    row.locator("[name$=-pages]").fill("77")
    theirs = dora.get(f"/books/{key}/change/").form()
    assert theirs.fill(title="Theirs", stage="2").submit().status == 303
    as_alice.press("Save")
    alert = page.get_by_role("alert")
    assert "Changed by dora" in alert.inner_text()
    assert findings(page) == []
    # The line above the form leads to the row.
    alert.get_by_role("link").focus()
    page.keyboard.press("Enter")
    assert "Theirs" in page.locator(":target").inner_text()
    group = row.get_by_role("group", name="Title")
    group.get_by_role("radio", name="Yours").focus()
    page.keyboard.press("ArrowDown")
    assert group.get_by_role("radio", name="There now: Theirs").is_checked()
    stage = row.get_by_role("group", name="Stage")
    assert stage.get_by_role("radio", name="There now: Lost").is_checked()
    # Who types chooses what was typed.
    row.get_by_role("spinbutton", name="Pages").fill("78")
    assert row.get_by_role("group", name="Pages").get_by_role("radio", name="Yours").is_checked()
    page.get_by_role("button", name="Save what is chosen").focus()
    page.keyboard.press("Enter")
    page.get_by_text("was changed").wait_for()
    is_it = Book.id == key
    assert [now(as_alice, one, is_it) for one in (Book.title, Book.pages, Book.stage)] == [
        "Theirs",
        "78",
        "2",
    ]
    assert title != "Theirs"


def test_the_row_of_a_small_form_is_chosen_for(as_alice: Visit, dora: Visitor) -> None:
    member, key = asked(as_alice, select(Card.member_id, Card.id).join(Member))
    as_alice.open(f"/members/{member}/change/")
    page = as_alice.page
    page.locator("[name=card-0-number]").fill("M-1")
    assert dora.get(f"/cards/{key}/change/").form().fill(number="T-1").submit().status == 303
    as_alice.press("Save")
    assert findings(page) == []
    group = page.locator("#card").get_by_role("group", name="Number")
    assert group.get_by_role("radio", name="Yours").is_checked()
    as_alice.press("Keep all of mine")
    page.get_by_text("was changed").wait_for()
    assert now(as_alice, Card.number, Card.id == key) == "M-1"


def test_the_cells_of_a_list_are_chosen_for_with_the_keyboard(as_alice: Visit, dora: Visitor) -> None:
    member, book = asked(as_alice, select(Loan.member_id, Loan.book_id).order_by(Loan.lent_on.desc()))
    is_it = (Loan.member_id == member) & (Loan.book_id == book)
    key = f"{member},{book}"
    as_alice.open("/loans/")
    page = as_alice.page
    cells = page.locator("[form=edit][type=date]")
    name = f"{key}:returned_on"
    page.locator(f"[name='{name}']").fill("2026-04-05")
    other = next(
        one
        for one in (cells.nth(place).get_attribute("name") for place in range(cells.count()))
        if one != name
    )
    page.locator(f"[name='{other}']").fill("2026-04-06")
    theirs = dora.get(f"/loans/{key}/change/").form()
    assert theirs.fill(returned_on="2026-05-05").submit().status == 303
    page.get_by_role("button", name="Save").click()
    alert = page.get_by_role("alert")
    alert.wait_for()
    as_alice.settle()
    assert page.evaluate("document.activeElement.id") == "refused"
    assert "Changed by dora" in alert.inner_text()
    assert findings(page) == []
    yours = page.locator(f"[name='_take-{name}'][value=mine]")
    yours.focus()
    page.keyboard.press("ArrowDown")
    assert not yours.is_checked()
    page.locator(f"[name='{name}']").fill("2026-04-07")
    assert yours.is_checked()
    yours.focus()
    page.keyboard.press("ArrowDown")
    page.get_by_role("button", name="Save what is chosen").focus()
    page.keyboard.press("Enter")
    page.get_by_text("1 loan: changed.").wait_for()
    assert now(as_alice, Loan.returned_on, is_it) == "2026-05-05"
    assert asked(as_alice, select(func.count()).where(Loan.returned_on == "2026-04-06"))[0] == 1


def test_what_was_typed_into_a_row_that_is_gone_opens_beside_the_list(as_alice: Visit, dora: Visitor) -> None:
    member, book = asked(as_alice, select(Loan.member_id, Loan.book_id).order_by(Loan.lent_on.desc()))
    key = f"{member},{book}"
    as_alice.open("/loans/")
    page = as_alice.page
    page.locator(f"[name='{key}:returned_on']").fill("2026-04-05")
    assert dora.get(f"/loans/{key}/delete/").form().submit("_delete").status == 303
    page.get_by_role("button", name="Save").click()
    page.get_by_role("alert").wait_for()
    assert findings(page) == []
    with page.context.expect_page() as opened:
        page.get_by_role("button", name="Restore it with what you typed …").click()
    opened.value.wait_for_load_state()
    assert opened.value.locator("[name=returned_on]").input_value() == "2026-04-05"
    assert page.get_by_role("button", name="Save", exact=True).is_visible()
