"""Related rows in a form without JavaScript: chosen by their keys, which a page of its own tells."""

from sqlalchemy import select

from tests.browser.library.conftest import BookForm
from tests.library.books import Book, Tag
from webapp.extensions import db


def test_without_a_script_the_key_is_found_on_a_page_of_its_own(form_without_script: BookForm) -> None:
    form = form_without_script
    assert "Clarice Lispector" in form.page.locator(".field", has=form.page.locator("#author")).inner_text()
    with form.page.context.expect_page() as opened:
        form.page.locator(".field", has=form.page.locator("#author")).get_by_role("link").click()
    choosing = opened.value
    choosing.get_by_role("searchbox").fill("machado")
    choosing.get_by_role("button", name="Search").click()
    choosing.wait_for_url("**q=machado")
    [key] = choosing.locator("main code").all_inner_texts()
    form.here.fill(author=key)
    form.here.press("Save and continue editing")
    assert form.stored("author") == "Machado de Assis"


def test_without_a_script_the_page_to_choose_from_leads_on(form_without_script: BookForm) -> None:
    form = form_without_script
    form.here.open("/books/lookup/?field=tags&q=tag")
    first = form.page.locator("main code").all_inner_texts()
    form.here.follow("Next page")
    second = form.page.locator("main code").all_inner_texts()
    assert len({*first, *second}) == 40
    form.here.follow("First page")
    assert form.page.locator("main code").all_inner_texts() == first


def test_without_a_script_some_are_unticked_and_one_is_typed(form_without_script: BookForm) -> None:
    form = form_without_script
    with form.here.site.app.app_context():
        key = db.session.scalar(select(Tag.id).where(Tag.name == "tag 05"))
    form.page.get_by_label("novel").uncheck()
    form.page.locator("#tags").fill(str(key))
    form.here.press("Save and continue editing")
    assert form.stored("tags") == ["short", "tag 05"]


def test_without_a_script_enter_searches_among_what_is_chosen_and_saves_nothing(
    form_without_script: BookForm,
) -> None:
    form = form_without_script
    with form.here.site.app.app_context():
        book = db.session.get_one(Book, form.key)
        book.tags.extend(db.session.scalars(select(Tag).where(Tag.name.like("tag %"))))
        db.session.commit()
    form.open()
    form.here.fill(title="Half typed")
    box = form.page.locator("#tags-q")
    box.fill("tag 07")
    box.press("Enter")
    assert form.page.locator(".lookup-chosen label").all_inner_texts() == ["tag 07"]
    assert form.page.locator("#title").input_value() == "Half typed"
    assert form.stored("title") != "Half typed"
