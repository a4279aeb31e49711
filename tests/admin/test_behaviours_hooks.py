"""What the guide promises of hooks, and of pages and templates of one's own.

Only what no other test says already.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, render_template_string
from jinja2 import ChoiceLoader, DictLoader
from sqlalchemy import Select, select

import webapp.account
import webapp.users
from tests.admin.behaviours import Word, act, count, somebody, stored
from tests.conftest import add_user, make_settings, signed_in
from tests.library import admin as library_admin
from tests.library import world
from tests.library.books import Binding, Book, Tag
from tests.library.people import Author
from tests.pages import Page, Visitor
from webapp import create_app
from webapp.admin.editing.finding import find
from webapp.admin.history import LogEntry
from webapp.admin.options import Rejected
from webapp.admin.site import AdminSite, current_site
from webapp.extensions import db
from webapp.users.models import User
from webapp.web.viewer import person

HOOKS = ("clean", "prepare", "begin", "before_save", "after_save", "after_commit")


@pytest.fixture
def called(word: Word, library_app: Flask) -> list[str]:
    """The hooks of the tags as they are called."""
    calls: list[str] = []
    for name in HOOKS:
        word("tags", **{name: lambda *arguments, name=name: calls.append(name)})
    return calls


def test_the_hooks_of_a_save_come_in_their_order(
    library_app: Flask, as_library_alice: Visitor, called: list[str]
) -> None:
    page = as_library_alice.get("/tags/add/").form().fill(name="first").submit("_continue", follow=True)
    assert called == list(HOOKS)
    called.clear()
    assert page.form().fill(name="second").submit().status == 303
    assert called == list(HOOKS)
    called.clear()
    with library_app.app_context():
        key = db.session.scalars(select(Tag.id)).one()
    assert as_library_alice.get(f"/tags/{key}/change/").form().fill(name="").submit().status == 422
    assert called == [], "what is not valid is nobody's to clean"


def test_clean_finds_in_the_form_what_the_columns_keep(
    library_app: Flask, as_library_alice: Visitor, book: Book, word: Word
) -> None:
    found: dict[str, Any] = {}
    word("books", clean=lambda form, obj, user: found.update(form.data))
    form = as_library_alice.get(f"/books/{book.id}/change/").form()
    assert form.fill(binding="HARD_COVER").submit().status == 303
    assert found["binding"] is Binding.HARD_COVER
    assert {name: found[name] for name in ("title", "pages", "stage", "published_on")} == {
        name: getattr(book, name) for name in ("title", "pages", "stage", "published_on")
    }
    assert found["author"].id == book.author_id


@pytest.mark.parametrize("place", HOOKS[:-1])
@pytest.mark.parametrize("field", [None, "name"])
def test_what_a_hook_rejects_is_told_and_nothing_is_written(
    library_app: Flask,
    as_library_alice: Visitor,
    word: Word,
    called: list[str],
    place: str,
    field: str | None,
) -> None:
    tag: Tag = world.sample_row(Tag)
    world.keep(library_app, tag)

    def reject(*arguments: Any) -> None:
        raise Rejected("Not on a Monday.", field)

    word("tags", **{place: reject})
    for address in ("/tags/add/", f"/tags/{tag.id}/change/"):
        called.clear()
        page = as_library_alice.get(address).form().fill(name="other").submit()
        assert page.status == 422
        assert page.errors == ["Name: Not on a Monday." if field else "Not on a Monday."]
        assert page.form().fields["name"] == "other"
        assert called == list(HOOKS[: HOOKS.index(place)])
    with library_app.app_context():
        assert db.session.scalars(select(Tag.name)).all() == [tag.name]
        assert db.session.scalars(select(LogEntry).where(LogEntry.name == "tags")).all() == []
    word("tags", **{place: lambda *arguments: None})
    assert as_library_alice.get("/tags/add/").form().fill(name="other").submit().status == 303


def test_what_goes_wrong_in_a_hook_leaves_nothing_behind(
    library_app: Flask, as_library_alice: Visitor, word: Word
) -> None:
    def fail(*arguments: Any) -> None:
        raise RuntimeError("the developer's own mistake")

    word("tags", after_save=fail)
    assert as_library_alice.get("/tags/add/").form().fill(name="x").submit().status == 500
    assert count(library_app, Tag) == 0
    word("tags", after_save=lambda *arguments: None)
    assert as_library_alice.get("/tags/add/").form().fill(name="x").submit().status == 303


@pytest.mark.parametrize("act_on", ["save", "delete", "action"])
def test_what_is_kept_for_good_cannot_be_refused_any_more(
    library_app: Flask,
    as_library_alice: Visitor,
    book: Book,
    word: Word,
    act_on: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A refusal after the commit would tell the person that nothing was done."""

    def reject(obj: Any, user: Any) -> None:
        raise Rejected("Too late.")

    word("books", after_commit=reject)
    forms = {
        "save": lambda: as_library_alice.get(f"/books/{book.id}/change/").form().fill(title="N").submit(),
        "delete": lambda: as_library_alice.get(f"/books/{book.id}/delete/").form().submit("_delete"),
        "action": lambda: act(as_library_alice).form().submit("_confirm"),
    }
    page = forms[act_on]()
    assert page.status == 500
    assert "Too late." not in page.text
    assert "BookAdmin.after_commit" in capsys.readouterr().err
    kept = stored(library_app, Book, book.id)
    assert (kept is None) if act_on == "delete" else (kept.title == "N" or kept.withdrawn_at is not None)


def test_a_hook_before_the_delete_may_refuse_it(
    library_app: Flask, as_library_alice: Visitor, word: Word
) -> None:
    tag: Tag = world.sample_row(Tag)
    world.keep(library_app, tag)

    def reject(obj: Any, user: Any) -> None:
        raise Rejected("It is pinned.")

    word("tags", before_delete=reject)
    page = as_library_alice.get(f"/tags/{tag.id}/delete/").form().submit("_delete")
    assert (page.status, count(library_app, Tag)) == (422, 1)
    assert "It is pinned." in page.text
    word("tags", before_delete=lambda obj, user: None)
    assert as_library_alice.get(f"/tags/{tag.id}/delete/").form().submit("_delete").status == 303


def test_an_empty_form_begins_with_what_the_admin_says_for_this_person(
    library_app: Flask, as_library_alice: Visitor, word: Word
) -> None:
    author: Author = world.sample_row(Author)
    world.keep(library_app, author)
    word("books", initial=lambda user: {"title": f"By {user.username}", "stage": 2, "author": author})
    fields = as_library_alice.get("/books/add/").form().fields
    assert (fields["title"], fields["stage"], fields["author"]) == ("By alice", "2", str(author.id))
    # What the address says is newer than what the admin says.
    assert as_library_alice.get("/books/add/?title=Mine").form().fields["title"] == "Mine"


def test_every_hook_is_given_the_person_itself_who_can_be_compared_and_related(
    word: Word, library_app: Flask, as_library_alice: Visitor
) -> None:
    """Flask-Login's stand-in for the person is of another class, which a mapper refuses."""
    given: list[type] = []

    def note(*arguments: Any, answer: Any = None) -> Any:
        given.extend(type(argument) for argument in arguments if "username" in dir(argument))
        return answer

    def query(user: Any) -> Select[Any]:
        return note(user, answer=select(Tag))

    hooks = {name: note for name in HOOKS}
    word("tags", query=query, initial=lambda user: note(user, answer={}), **hooks)
    form = as_library_alice.get("/tags/add/").form().fill(name="first")
    page = form.submit("_continue", follow=True)
    assert page.form().fill(name="second").submit(follow=True).rows() == [["second"]]
    assert len(given) > 2 * len(HOOKS)
    assert set(given) == {User}


# Pages and templates of one's own


class OwnPages:
    """A library with one page more: what a developer writes beside the engine's."""

    @staticmethod
    def register(site: AdminSite) -> None:
        class PagedAdmin(library_admin.TagAdmin):
            def get_links(self, user: Any, obj: Any) -> tuple[tuple[Any, str], ...]:
                return (("Print a label", "tags.label"),)

            def query(self, user: Any) -> Select[Any]:
                tags = select(Tag)
                return tags if user.is_superuser else tags.where(Tag.name != "secret")

        blueprint = site.register(Tag, PagedAdmin)
        blueprint.add_url_rule("/<key>/label/", "label", OwnPages.label)

    @staticmethod
    def label(key: str) -> str:
        tag = find(current_site().admin("tags"), person(), key, "change")
        return render_template_string("<p id=label>{{ tag }}</p>", tag=tag)


@pytest.fixture
def own_app(library_app: Flask) -> Iterator[Flask]:
    settings = make_settings(DATABASE_URL=library_app.config["DATABASE_URL"])
    made = create_app(settings, apps=(webapp.users, webapp.account, OwnPages))  # type: ignore[arg-type]
    yield made
    with made.app_context():
        db.engine.dispose()


def test_a_page_of_ones_own_stands_beside_the_engines_and_asks_as_they_do(own_app: Flask) -> None:
    open_tag, secret = Tag(name="open"), Tag(name="secret")
    world.keep(own_app, open_tag, secret)
    people = {
        "superuser": signed_in(own_app, add_user(own_app, "alice", is_superuser=True)),
        "change": somebody(own_app, "tags.change", name="dora"),
        "view": somebody(own_app, "tags.view", name="bob"),
        "nothing": somebody(own_app, name="charlie"),
        "stranger": Visitor(own_app),
    }
    answers = {
        name: tuple(visitor.get(f"/tags/{tag.id}/label/").status for tag in (open_tag, secret))
        for name, visitor in people.items()
    }
    assert answers == {
        "superuser": (200, 200),
        "change": (200, 404),
        "view": (403, 404),
        "nothing": (403, 403),
        "stranger": (303, 303),
    }
    page = people["change"].get(f"/tags/{open_tag.id}/change/").follow("Print a label")
    assert page.soup.select_one("#label").get_text() == "open"  # type: ignore[union-attr]
    assert people["change"].get("/tags/x/label/").status == 404


TEMPLATES = tuple("list form gone confirm history restore revive action result choose display view".split())
OF_ALL = {"index", "search", "undo"}


def test_a_template_of_the_models_own_is_used_in_place_of_the_engines(
    library_app: Flask, as_library_alice: Visitor, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = {
        f"books/{name}.html": f'{{% extends "admin/{name}.html" %}}{{% block title %}}Own {name}{{% endblock %}}'
        for name in TEMPLATES
    }
    assert {path.stem for path in Path("templates/admin").glob("*.html")} == {*TEMPLATES, *OF_ALL}
    environment = library_app.jinja_env
    monkeypatch.setattr(environment, "loader", ChoiceLoader([DictLoader(own), environment.loader]))  # type: ignore[list-item]
    monkeypatch.setattr(environment, "cache", None)
    drawn = {
        "list": as_library_alice.get("/books/"),
        "form": as_library_alice.get(f"/books/{book.id}/change/"),
        "confirm": as_library_alice.get(f"/books/{book.id}/delete/"),
        "action": act(as_library_alice),
        "display": as_library_alice.get("/books/display/"),
        "view": as_library_alice.get("/books/views/"),
        "choose": Page(
            as_library_alice,
            as_library_alice.client.get("/books/lookup/?field=author", headers={"Accept": "text/html"}),
        ),
    }
    assert act(as_library_alice).form().submit("_confirm").status == 303
    drawn["result"] = act(as_library_alice).form().submit("_confirm")
    drawn["history"] = as_library_alice.get(f"/books/{book.id}/history/")
    drawn["restore"] = drawn["history"].follow("Restore …")
    as_library_alice.get(f"/books/{book.id}/delete/").form().submit("_delete")
    drawn["gone"] = drawn["form"].form().submit()
    drawn["revive"] = as_library_alice.get(f"/books/{book.id}/history/").follow("Restore this object")
    titles = {name: page.title.partition("·")[0].strip() for name, page in drawn.items()}
    assert titles == {name: f"Own {name}" for name in TEMPLATES}
    assert as_library_alice.get("/books/add/").title.startswith("Own form")
    assert as_library_alice.get("/authors/").title.startswith("Authors")
