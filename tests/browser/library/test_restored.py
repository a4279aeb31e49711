"""What hangs on a deleted record, chosen one by one before it comes back."""

from itertools import pairwise

from sqlalchemy import select

from tests.browser.looking import findings
from tests.browser.server import Site
from tests.browser.visits import Visit
from tests.library.books import Book, Reservation
from tests.library.people import Member
from webapp.extensions import db


def test_what_was_deleted_with_it_is_chosen_by_boxes_that_a_finger_hits(site: Site, as_alice: Visit) -> None:
    with site.app.app_context():
        member = db.session.scalars(select(Member).where(Member.first_name == "Rui")).one()
        book = db.session.scalars(select(Book).where(Book.slug == "dom")).one()
        db.session.add_all(Reservation(member_id=member.id, book_id=book.id) for _number in range(5))
        db.session.commit()
        key = member.id
    page = as_alice.page
    as_alice.open(f"/members/{key}/delete/")
    as_alice.press("Yes, delete")
    page.locator("[data-undo] button").click()
    page.wait_for_url("**/restore/**")
    boxes = page.locator("[name=kin]")
    assert boxes.count() > 5
    tops = [box["y"] for box in (one.bounding_box() for one in boxes.all()) if box]
    assert all(below - above >= 24 for above, below in pairwise(tops))
    assert findings(page) == []
