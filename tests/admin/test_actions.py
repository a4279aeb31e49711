"""Doing something to many rows: who may, to which rows, asked first, all in one transaction, and told afterwards."""

from collections.abc import Iterator
from typing import Any, ClassVar
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask_wtf import FlaskForm
from sqlalchemy import Column, ForeignKey, Select, String, Table, delete, event, select, update
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from wtforms import StringField
from wtforms.validators import InputRequired

import webapp.account
import webapp.users
from tests.conftest import add_user, counted, make_settings, signed_in
from tests.pages import Page, Visitor
from webapp import create_app
from webapp.admin.actions import selection
from webapp.admin.history import Change, LogEntry, changes_of
from webapp.admin.options import ModelAdmin, Rejected, action
from webapp.admin.permissions import actions_of, vocabulary
from webapp.admin.site import AdminSite, current_site
from webapp.extensions import db
from webapp.users.admin import UserAdmin
from webapp.users.models import User


class YardBase(DeclarativeBase):
    """Apart from the application's tables."""


class Yard(YardBase):
    __tablename__ = "yard_yards"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50))

    def __str__(self) -> str:
        return self.name


class Mark(YardBase):
    __tablename__ = "yard_marks"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50))

    def __str__(self) -> str:
        return self.name


crate_marks = Table(
    "yard_crate_marks",
    YardBase.metadata,
    Column("crate_id", ForeignKey("yard_crates.id", ondelete="CASCADE"), primary_key=True),
    Column("mark_id", ForeignKey("yard_marks.id", ondelete="RESTRICT"), primary_key=True),
)


class Crate(YardBase):
    __tablename__ = "yard_crates"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(50), unique=True)
    is_open: Mapped[bool] = mapped_column(default=False)
    note: Mapped[str] = mapped_column(String(50), default="")
    yard_id: Mapped[int] = mapped_column(ForeignKey("yard_yards.id"))
    yard: Mapped[Yard] = relationship()
    marks: Mapped[list[Mark]] = relationship(secondary=crate_marks)

    def __str__(self) -> str:
        return self.name


class Lid(YardBase):
    """Goes with its crate."""

    __tablename__ = "yard_lids"

    id: Mapped[int] = mapped_column(primary_key=True)
    crate_id: Mapped[int] = mapped_column(ForeignKey("yard_crates.id", ondelete="CASCADE"))
    crate: Mapped[Crate] = relationship()


class Peg(YardBase):
    """A key of two columns, the first of them text."""

    __tablename__ = "yard_pegs"

    row: Mapped[str] = mapped_column(String(20), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    is_used: Mapped[bool] = mapped_column(default=False)

    def __str__(self) -> str:
        return f"{self.row} {self.place}"


class NoteForm(FlaskForm):
    note = StringField("Note", validators=[InputRequired("Write something.")])


class CrateAdmin(ModelAdmin):
    """Who is not Alice sees the yard in the north only, found by a join that gives each crate twice."""

    name = "crates"
    list_display = ("name", "is_open")
    list_filter = ("is_open",)
    search_fields = ("name",)
    ordering = ("name",)
    list_per_page = 3
    actions = ("open_up", "seal", "annotate", "stamp", "rename", "drop", "idle")

    told: ClassVar[list[str]] = []

    def query(self, user: Any) -> Select[Any]:
        if user.username == "alice":
            return select(Crate)
        twice = select(Yard.id, Yard.name).union_all(select(Yard.id, Yard.name)).subquery()
        return (
            select(Crate).join(twice, Crate.yard_id == twice.c.id).where(twice.c.name == "north").distinct()
        )

    def can(self, user: Any, verb: str, obj: Any = None) -> bool:
        if obj is not None and verb in ("change", "delete") and obj.name.startswith("locked"):
            return False
        return super().can(user, verb, obj)

    def after_commit(self, obj: Any, user: Any) -> None:
        self.told.append(obj.name)

    @action("Open")
    def open_up(self, obj: Crate, user: Any, form: Any) -> None:
        obj.is_open = True
        if obj.name.startswith("nailed"):
            raise Rejected("It is nailed shut.")

    @action("Seal", permission="seal", confirm="A sealed crate is not opened for a year.")
    def seal(self, obj: Crate, user: Any, form: Any) -> None:
        obj.is_open = False

    @action("Annotate", form=NoteForm)
    def annotate(self, obj: Crate, user: Any, form: Any) -> None:
        obj.note = form.note.data

    @action("Stamp")
    def stamp(self, obj: Crate, user: Any, form: Any) -> None:
        obj.marks.append(db.session.get_one(Mark, 1))
        # Writes what has changed so far, as any query does.
        db.session.scalars(select(Mark.id)).all()

    @action("Rename")
    def rename(self, obj: Crate, user: Any, form: Any) -> None:
        obj.name = "same"

    @action("Drop")
    def drop(self, obj: Crate, user: Any, form: Any) -> None:
        obj.is_open = True
        if obj.name == "c2":
            raise RuntimeError("the crane broke")

    @action("Idle")
    def idle(self, obj: Crate, user: Any, form: Any) -> None:
        """Changes nothing."""


class PegAdmin(ModelAdmin):
    name = "pegs"
    actions = ("use",)
    list_filter = ("is_used",)

    @action("Use")
    def use(self, obj: Peg, user: Any, form: Any) -> None:
        obj.is_used = True


class Yards:
    """An app of its own, as a developer adds one."""

    @staticmethod
    def register(site: AdminSite) -> None:
        site.register(Yard, type("YardAdmin", (ModelAdmin,), {"name": "yards"}))
        site.register(Mark, type("MarkAdmin", (ModelAdmin,), {"name": "marks"}))
        site.register(Lid, type("LidAdmin", (ModelAdmin,), {"name": "lids"}))
        site.register(Crate, CrateAdmin)
        site.register(Peg, PegAdmin)


@pytest.fixture(scope="module")
def yard_engine_app(engine_app: Flask) -> Iterator[Flask]:
    settings = make_settings(DATABASE_URL=engine_app.config["DATABASE_URL"])
    made = create_app(settings, apps=(webapp.users, webapp.account, Yards))  # type: ignore[arg-type]
    with made.app_context():
        YardBase.metadata.create_all(db.engine)
    yield made
    with made.app_context():
        YardBase.metadata.drop_all(db.engine)
        db.engine.dispose()


@pytest.fixture
def yard(app: Flask, yard_engine_app: Flask) -> Iterator[Flask]:
    """Five crates in the north, c1 to c5, and s1 in the south."""
    CrateAdmin.told = []
    with yard_engine_app.app_context():
        db.session.add_all([Yard(id=1, name="north"), Yard(id=2, name="south"), Mark(id=1, name="fragile")])
        db.session.commit()
    keep(yard_engine_app, *(Crate(id=number, name=f"c{number}", yard_id=1) for number in range(1, 6)))
    keep(yard_engine_app, Crate(id=9, name="s1", yard_id=2))
    yield yard_engine_app
    with yard_engine_app.app_context(), db.engine.begin() as connection:
        for table in reversed(YardBase.metadata.sorted_tables):
            connection.execute(table.delete())


@pytest.fixture
def as_yard_alice(yard: Flask, alice: User) -> Visitor:
    return signed_in(yard, alice)


def keep(app: Flask, *rows: Any) -> None:
    with app.app_context():
        db.session.add_all(rows)
        db.session.commit()


def helper(app: Flask, *grants: str) -> Visitor:
    """Somebody who sees the north."""
    return signed_in(app, add_user(app, "helper", grants=("crates.view", *grants)))


def do(visitor: Visitor, name: str, *keys: Any, query: str = "", follow: bool = True, **fields: Any) -> Page:
    """Tick the rows with *keys* on the list and choose the action, as far as the page has them."""
    form = visitor.get(f"/crates/?{query}").form()
    data = {**form.fields, "action": name, "selected": [str(key) for key in keys], **fields}
    return visitor.post(form.action, data, follow=follow)


def forge(visitor: Visitor, name: str, *keys: Any, query: str = "", **fields: Any) -> Page:
    """Send what no page of this visitor's offers."""
    token = visitor.get("/").soup.select_one("input[name=csrf_token]")
    assert token is not None
    data = {"csrf_token": token["value"], "action": name, "selected": [str(key) for key in keys], **fields}
    return visitor.post(f"/crates/action/?{query}", data)


def agree(page: Page, **values: Any) -> Page:
    """Answer the page in between."""
    form = page.form()
    keys = [tag["value"] for tag in form.tag.select("[name=selected]")]
    return form.fill(**values).submit("_confirm", follow=True, **({"selected": keys} if keys else {}))


def opened(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(select(Crate.name).where(Crate.is_open).order_by(Crate.name)))


def names(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(select(Crate.name).order_by(Crate.name)))


def entries(app: Flask, name: str = "crates") -> list[LogEntry]:
    with app.app_context():
        statement = select(LogEntry).where(LogEntry.name == name).order_by(LogEntry.id)
        return list(db.session.scalars(statement))


# The list


def test_the_ticked_rows_are_done_and_the_person_is_told(yard: Flask, as_yard_alice: Visitor) -> None:
    page = do(as_yard_alice, "open_up", 1, 3)
    assert (page.status, page.address) == (200, "/crates/")
    assert "Open: done for 2 crates." in page.messages
    assert opened(yard) == ["c1", "c3"]
    assert CrateAdmin.told == ["c1", "c3"]


def test_one_row_is_called_by_its_name(as_yard_alice: Visitor) -> None:
    assert "Open: done for c2." in do(as_yard_alice, "open_up", 2).messages


def test_each_row_has_a_box_that_says_whose_it_is(as_yard_alice: Visitor) -> None:
    soup = as_yard_alice.get("/crates/").soup
    boxes = soup.select("tr[data-key] input[name=selected]")
    assert [box["value"] for box in boxes] == ["1", "2", "3"]
    labels = [
        " ".join(soup.find(id=part).get_text() for part in box["aria-labelledby"].split()) for box in boxes
    ]
    assert labels == ["Select c1", "Select c2", "Select c3"]
    assert all(box.find_parent("tr").select_one("th[scope=row]") for box in boxes)


def test_no_item_or_no_action_chosen_gives_a_warning_and_a_redirect(
    yard: Flask, as_yard_alice: Visitor
) -> None:
    """Behaviour 34 of Django's tests."""
    page = do(as_yard_alice, "open_up", follow=False)
    assert (page.status, page.location) == (303, "/crates/")
    assert "Select at least one crate first." in as_yard_alice.get("/crates/").messages
    page = do(as_yard_alice, "", 1, follow=False)
    assert (page.status, page.location) == (303, "/crates/")
    assert "Choose what to do first." in as_yard_alice.get("/crates/").messages
    assert entries(yard) == []


def test_the_redirect_keeps_the_query_string(as_yard_alice: Visitor) -> None:
    """Behaviour 35."""
    query = "is_open=false&sort=-name&size=25"
    assert do(as_yard_alice, "idle", 1, query=query, follow=False).location == f"/crates/?{query}"
    second = as_yard_alice.get("/crates/").follow("Next page").address
    form = as_yard_alice.get(second).form()
    data = {**form.fields, "action": "idle", "selected": "4"}
    assert as_yard_alice.post(form.action, data).location == second


def test_an_address_that_is_no_list_is_refused_as_the_list_does(yard: Flask, as_yard_alice: Visitor) -> None:
    page = forge(as_yard_alice, "open_up", 1, query="secret=1")
    assert (page.status, opened(yard)) == (400, [])
    assert "secret" in page.text
    assert forge(as_yard_alice, "open_up", 1, query="is_open=false&after=nonsense").status == 303


def test_an_action_that_there_is_not_is_named(yard: Flask, as_yard_alice: Visitor) -> None:
    page = forge(as_yard_alice, "explode", 1)
    assert page.status == 400
    assert "explode" in page.text
    assert forge(as_yard_alice, "query", 1).status == 400
    assert entries(yard) == []


def test_the_address_answers_to_a_form_only(as_yard_alice: Visitor) -> None:
    assert as_yard_alice.get("/crates/action/").status == 405


def test_there_is_one_bar_of_actions_and_its_button_decides(as_yard_alice: Visitor) -> None:
    """Behaviour 33: with one bar there is nothing to mix up."""
    form = as_yard_alice.get("/crates/").form()
    assert len(form.tag.select("select[name=action]")) == 1
    assert len(form.tag.select("button")) == 1


# Who may


def test_an_action_that_is_not_permitted_is_neither_listed_nor_run(yard: Flask, alice: User) -> None:
    """Behaviour 36."""
    reader = helper(yard)
    page = reader.get("/crates/")
    assert page.soup.select("select[name=action], input[name=selected], form.selection") == []
    assert page.column() == ["c1", "c2", "c3"]
    for name in ("open_up", "seal", "delete"):
        assert forge(reader, name, 1, _confirm="1").status == 403
    assert "crates.seal" in forge(reader, "seal", 1).text
    assert opened(yard) == []
    assert entries(yard) == []


def test_an_action_with_a_permission_of_its_own_takes_that_one(yard: Flask) -> None:
    sealer = helper(yard, "crates.seal")
    options = sealer.get("/crates/").soup.select("select[name=action] option")
    assert [option["value"] for option in options] == ["", "seal"]
    assert forge(sealer, "open_up", 1).status == 403
    assert "Seal: done for c1." in agree(do(sealer, "seal", 1)).messages
    with yard.app_context():
        crates = current_site().admin("crates")
        assert vocabulary(crates) == [f"crates.{verb}" for verb in "view add change delete seal".split()]
        assert list(actions_of(crates)) == list(CrateAdmin.actions)


def test_who_may_not_see_the_model_does_nothing_to_it(yard: Flask) -> None:
    visitor = signed_in(yard, add_user(yard, "charlie", grants=("crates.seal",)))
    assert forge(visitor, "seal", 1, _confirm="1").status == 403
    assert entries(yard) == []


def test_the_right_is_asked_for_each_row_and_the_others_go_on(yard: Flask, as_yard_alice: Visitor) -> None:
    keep(yard, Crate(id=7, name="locked", yard_id=1))
    page = do(as_yard_alice, "open_up", 1, 7, query="size=25")
    assert page.status == 200
    assert "Open: done for c1." in page.messages
    assert "locked" in page.text
    assert "You may not do this to it." in page.text
    assert page.link("locked") == "/crates/7/change/"
    assert page.link("Back to the list") == "/crates/?size=25"
    assert opened(yard) == ["c1"]


def test_what_could_be_done_to_none_is_no_success(yard: Flask, as_yard_alice: Visitor) -> None:
    keep(yard, Crate(id=7, name="nailed", yard_id=1))
    page = do(as_yard_alice, "open_up", 7)
    assert page.status == 422
    assert "Open: not done for 1 crate" in page.title
    assert "It is nailed shut." in page.text
    assert opened(yard) == []
    assert entries(yard) == []
    assert CrateAdmin.told == []


def test_rows_that_a_person_does_not_see_are_never_touched(yard: Flask) -> None:
    opener = helper(yard, "crates.change", "crates.delete")
    page = do(opener, "open_up", 1, 9)
    assert "Open: done for c1." in page.messages
    assert "1 of them was not there any more." in page.messages
    assert forge(opener, "delete", 9, _confirm="1").status == 303
    agree(do(opener, "open_up", select_across="1", _count="5"))
    assert "s1" not in opened(yard)
    assert "s1" in names(yard)
    assert opened(yard) == ["c1", "c2", "c3", "c4", "c5"]


def test_keys_that_are_gone_or_no_keys_are_harmless(yard: Flask, as_yard_alice: Visitor) -> None:
    """Behaviour 38."""
    forged = ("4711", "x", "1,2", "%00", "_ZZ", "", "-1", "9" * 30, "1'--")
    page = do(as_yard_alice, "open_up", 1, *forged)
    assert page.status == 200
    assert "Open: done for c1." in page.messages
    assert "9 of them were not there any more." in page.messages
    page = do(as_yard_alice, "open_up", 4711)
    assert "1 of them was not there any more." in page.messages
    assert "done" not in page.messages
    assert "nothing left" in do(as_yard_alice, "seal", 4711).messages
    assert opened(yard) == ["c1"]


def test_a_row_that_is_ticked_twice_is_done_once(yard: Flask, as_yard_alice: Visitor) -> None:
    assert "Idle: done for c1." in do(as_yard_alice, "idle", 1, 1).messages
    assert len(entries(yard)) == 1


def test_a_key_of_two_columns_is_found(yard: Flask, as_yard_alice: Visitor) -> None:
    keep(yard, *(Peg(row="a, b", place=place) for place in (1, 2, 3)))
    form = as_yard_alice.get("/pegs/").form()
    keys = [str(tag["value"]) for tag in form.tag.select("[name=selected]")]
    page = as_yard_alice.post(
        form.action, {**form.fields, "action": "use", "selected": keys[:2]}, follow=True
    )
    assert "Use: done for 2 pegs." in page.messages
    with yard.app_context():
        assert list(db.session.scalars(select(Peg.place).where(Peg.is_used).order_by(Peg.place))) == [1, 2]
    assert [entry.key for entry in entries(yard, "pegs")] == sorted(keys[:2])


# All that match


def test_all_that_match_are_meant_on_every_page(yard: Flask, as_yard_alice: Visitor) -> None:
    box = as_yard_alice.get("/crates/").soup.select_one("label:has([name=select_across])")
    assert box is not None
    assert box.get_text() == "All 6 that match"
    page = do(as_yard_alice, "open_up", select_across="1")
    assert "Open: done for 6 crates." in page.messages
    assert opened(yard) == ["c1", "c2", "c3", "c4", "c5", "s1"]
    assert len(entries(yard)) == 6


def test_all_that_match_heeds_filters_and_search(yard: Flask, as_yard_alice: Visitor) -> None:
    do(as_yard_alice, "open_up", 1, 9)
    query = urlencode({"q": "c", "is_open": "false", "after": ""})
    page = do(as_yard_alice, "annotate", query=query, select_across="1")
    assert "Annotate: 4 crates" in page.title
    assert agree(page, note="seen").address == "/crates/?q=c&is_open=false&after="
    with yard.app_context():
        noted = db.session.scalars(select(Crate.name).where(Crate.note == "seen").order_by(Crate.name))
        assert list(noted) == ["c2", "c3", "c4", "c5"]


def test_one_page_alone_offers_its_rows_only(as_yard_alice: Visitor) -> None:
    page = as_yard_alice.get("/crates/?size=25")
    assert page.soup.select("[name=selected]") != []
    assert page.soup.select("[name=select_across]") == []


def test_rows_that_came_since_the_list_was_shown_are_told_first(yard: Flask, as_yard_alice: Visitor) -> None:
    form = as_yard_alice.get("/crates/").form()
    keep(yard, Crate(id=7, name="new", yard_id=1))
    page = form.fill(action="open_up", select_across=True).submit("_go", select_across="1")
    assert page.status == 409
    assert "it is 7 crates now" in page.messages
    assert opened(yard) == []
    assert "Open: done for 7 crates." in agree(page).messages


def test_rows_that_came_between_question_and_answer_are_asked_for_again(
    yard: Flask, as_yard_alice: Visitor
) -> None:
    page = do(as_yard_alice, "delete", select_across="1")
    assert (page.status, page.title.split(" ·")[0]) == (200, "Delete: 6 crates")
    keep(yard, Crate(id=7, name="new", yard_id=1))
    again = agree(page)
    assert (again.status, again.title.split(" ·")[0]) == (409, "Delete: 7 crates")
    assert len(names(yard)) == 7
    assert "7 crates were deleted." in agree(again).messages
    assert names(yard) == []


@pytest.mark.parametrize("count", ["", "x", "-1", "٣", "9" * 40, "6.0"])
def test_a_number_that_nobody_was_told_is_no_consent(yard: Flask, as_yard_alice: Visitor, count: str) -> None:
    assert forge(as_yard_alice, "open_up", select_across="1", _count=count).status == 409
    assert opened(yard) == []


def test_more_than_one_action_takes_are_refused(
    yard: Flask, as_yard_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selection, "MAX_SELECTED", 5)
    page = do(as_yard_alice, "open_up", select_across="1")
    assert page.status == 422
    assert "at most 5 records. Narrow the list first." in page.text
    assert do(as_yard_alice, "seal", select_across="1").status == 422
    assert opened(yard) == []
    assert "done for 5 crates" in do(as_yard_alice, "open_up", query="q=c", select_across="1").messages


def test_a_list_that_is_not_counted_to_the_end_says_how_to_choose_all(
    as_yard_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webapp.admin.listing.query.MAX_COUNT", 4)
    page = as_yard_alice.get("/crates/")
    assert page.soup.select("[name=select_across]") == []
    assert "Narrow the list to choose all of it." in page.text


# Asking first


def test_a_question_is_asked_first_and_tells_what_it_is_about(yard: Flask, as_yard_alice: Visitor) -> None:
    do(as_yard_alice, "open_up", 1, 2)
    page = do(as_yard_alice, "seal", 1, 2)
    assert page.status == 200
    assert page.title.startswith("Seal: 2 crates")
    assert "A sealed crate is not opened for a year." in page.text
    assert page.link("c1") == "/crates/1/change/"
    assert page.link("Cancel") == "/crates/"
    assert opened(yard) == ["c1", "c2"]
    assert agree(page).address == "/crates/"
    assert opened(yard) == []


def test_the_question_names_the_first_ten(yard: Flask, as_yard_alice: Visitor) -> None:
    keep(yard, *(Crate(id=number, name=f"n{number}", yard_id=1) for number in range(20, 27)))
    page = do(as_yard_alice, "seal", select_across="1")
    assert len(page.soup.select(".named li")) == 10
    assert "and 3 more" in page.text


def test_a_form_is_filled_in_first_and_kept_when_it_is_wrong(yard: Flask, as_yard_alice: Visitor) -> None:
    page = do(as_yard_alice, "annotate", 1, 2, query="q=c")
    assert (page.status, page.errors) == (200, [])
    wrong = agree(page, note="")
    assert (wrong.status, wrong.errors) == (422, ["Note: Write something."])
    assert wrong.title.startswith("Error:")
    assert "Annotate: done for 2 crates." in agree(wrong, note="seen").messages
    assert [(entry.verb, entry.key) for entry in entries(yard)] == [("annotate", "1"), ("annotate", "2")]


def test_saying_yes_without_being_asked_still_needs_the_form(yard: Flask, as_yard_alice: Visitor) -> None:
    assert forge(as_yard_alice, "annotate", 1, _confirm="1").status == 422
    assert entries(yard) == []


# One transaction, and the history


def test_each_row_gets_an_entry_with_what_changed(yard: Flask, as_yard_alice: Visitor, alice: User) -> None:
    do(as_yard_alice, "open_up", 1, 2)
    found = entries(yard)
    assert [(entry.verb, entry.key, entry.label) for entry in found] == [
        ("open_up", "1", "c1"),
        ("open_up", "2", "c2"),
    ]
    assert {entry.actor_label for entry in found} == {"alice"}
    assert changes_of(found[0]) == [Change("is_open", "boolean", False, True)]
    page = as_yard_alice.get("/crates/1/history/")
    assert "Open" in page.text
    assert "open_up" not in page.text


def test_what_changed_nothing_was_done_all_the_same(yard: Flask, as_yard_alice: Visitor) -> None:
    do(as_yard_alice, "idle", 1)
    assert [(entry.verb, changes_of(entry)) for entry in entries(yard)] == [("idle", [])]


def test_a_relation_that_changes_is_kept_also_when_a_query_wrote_it(
    yard: Flask, as_yard_alice: Visitor
) -> None:
    do(as_yard_alice, "stamp", 1)
    assert changes_of(entries(yard)[0]) == [Change("marks", "relations", [], [["1", "fragile"]])]


def test_one_that_is_refused_leaves_no_trace_and_the_others_go_on(
    yard: Flask, as_yard_alice: Visitor
) -> None:
    keep(yard, Crate(id=0, name="nailed 1", yard_id=1), Crate(id=7, name="nailed 2", yard_id=1))
    page = do(as_yard_alice, "open_up", 0, 1, 7, 2, query="size=25")
    assert page.status == 200
    assert "done for 2 crates" in page.messages
    assert page.soup.get_text().count("It is nailed shut.") == 2
    assert opened(yard) == ["c1", "c2"]
    assert [entry.key for entry in entries(yard)] == ["1", "2"]


def test_what_the_database_refuses_is_told_and_the_others_go_on(yard: Flask, as_yard_alice: Visitor) -> None:
    page = do(as_yard_alice, "rename", 1, 2, 3)
    assert page.status == 200
    assert page.soup.get_text().count("The database refused it") == 2
    assert "UNIQUE" not in page.text
    assert names(yard) == ["c2", "c3", "c4", "c5", "s1", "same"]
    assert [entry.label for entry in entries(yard)] == ["same"]


def test_a_crash_in_the_middle_leaves_everything_as_it_was(yard: Flask, as_yard_alice: Visitor) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(yard.config, "PROPAGATE_EXCEPTIONS", False)
        assert do(as_yard_alice, "drop", 1, 2, 3).status == 500
    assert opened(yard) == []
    assert entries(yard) == []
    assert CrateAdmin.told == []
    assert "done for 2 crates" in do(as_yard_alice, "drop", 1, 3).messages


def test_the_entries_and_the_rows_are_one(yard: Flask, as_yard_alice: Visitor) -> None:
    def fail(_mapper: Any, _connection: Any, entry: LogEntry) -> None:
        if entry.key == "3":
            raise RuntimeError("lost between the row and its entry")

    event.listen(LogEntry, "before_insert", fail)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(yard.config, "PROPAGATE_EXCEPTIONS", False)
            assert do(as_yard_alice, "open_up", 1, 2, 3).status == 500
    finally:
        event.remove(LogEntry, "before_insert", fail)
    assert (opened(yard), entries(yard)) == ([], [])


def test_many_rows_cost_no_more_reads_than_few(yard: Flask, as_yard_alice: Visitor) -> None:
    keep(yard, *(Crate(id=number, name=f"n{number}", yard_id=1) for number in range(20, 60)))

    def reads(name: str, *keys: int) -> tuple[int, int]:
        form = as_yard_alice.get("/crates/").form()
        data = {**form.fields, "action": name, "selected": [str(key) for key in keys]}
        with counted(yard) as statements:
            assert as_yard_alice.post(form.action, data).status == 303
        selects = [statement for statement in statements if statement.startswith("SELECT")]
        return len(selects), len(statements) - len(selects)

    few, few_writes = reads("open_up", 1, 2)
    many, many_writes = reads("open_up", *range(20, 50))
    assert few == many
    assert few_writes >= 2
    # The row and its entry.
    assert many_writes <= 2 * 30


def test_more_than_one_batch_is_one_action(
    yard: Flask, as_yard_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selection, "BATCH", 2)
    assert "done for 6 crates" in do(as_yard_alice, "open_up", select_across="1").messages
    assert len(entries(yard)) == 6
    assert "done for 3 crates" in do(as_yard_alice, "idle", 1, 2, 3).messages


# Deleting


def test_deleting_many_is_always_asked_first(yard: Flask, as_yard_alice: Visitor) -> None:
    page = do(as_yard_alice, "delete", 1, 2)
    assert page.title.startswith("Delete: 2 crates")
    assert len(names(yard)) == 6
    assert "2 crates were deleted." in agree(page).messages
    assert names(yard) == ["c3", "c4", "c5", "s1"]
    assert [(entry.verb, entry.key) for entry in entries(yard)] == [("delete", "1"), ("delete", "2")]
    assert CrateAdmin.told == ["c1", "c2"]


def test_deleting_takes_the_right_to_for_each_row(yard: Flask) -> None:
    keep(yard, Crate(id=7, name="locked", yard_id=1))
    assert forge(helper(yard, "crates.change"), "delete", 1, _confirm="1").status == 403
    deleter = signed_in(yard, add_user(yard, "deleter", grants=("crates.view", "crates.delete")))
    page = agree(do(deleter, "delete", 1, 7))
    assert page.status == 200
    assert "c1 was deleted." in page.messages
    assert "You may not do this to it." in page.text
    assert names(yard) == ["c2", "c3", "c4", "c5", "locked", "s1"]


def test_deleting_takes_the_right_to_delete_what_goes_with_it(yard: Flask) -> None:
    """Behaviour 37; where Django refuses all, the rows that nothing hangs on go."""
    keep(yard, Lid(crate_id=1), Lid(crate_id=2))
    deleter = helper(yard, "crates.delete")
    asked = do(deleter, "delete", 1, 3)
    assert "These you may not delete" in asked.text
    assert "the others are deleted" in asked.messages
    page = agree(asked)
    assert page.status == 200
    assert "c3 was deleted." in page.messages
    assert "you may not delete all that would go with it" in page.text
    assert names(yard) == ["c1", "c2", "c4", "c5", "s1"]
    both = signed_in(yard, add_user(yard, "both", grants=("crates.view", "crates.delete", "lids.delete")))
    asked = do(both, "delete", 1, 2)
    assert "Deleted with it" in asked.text
    assert "2 crates were deleted." in agree(asked).messages
    assert {entry.verb for entry in entries(yard, "lids")} == {"delete"}


def test_rows_that_others_need_stay_and_the_others_go(yard: Flask, as_yard_alice: Visitor) -> None:
    keep(yard, Yard(id=3, name="west"))
    form = as_yard_alice.get("/yards/").form()
    asked = as_yard_alice.post(form.action, {**form.fields, "action": "delete", "selected": ["1", "3"]})
    assert "These need it" in asked.text
    page = agree(asked)
    assert "west was deleted." in page.messages
    assert page.link("north") == "/yards/1/change/"
    assert "other records need it" in page.text


def test_a_model_that_cannot_be_deleted_offers_it_to_nobody(
    yard: Flask, as_yard_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CrateAdmin, "can_delete", False)
    options = as_yard_alice.get("/crates/").soup.select("select[name=action] option")
    assert "delete" not in [option["value"] for option in options]
    assert forge(as_yard_alice, "delete", 1, _confirm="1").status == 403
    assert len(names(yard)) == 6


def test_people_are_deleted_by_their_own_rules(app: Flask, as_alice: Visitor, alice: User, bob: User) -> None:
    form = as_alice.get("/users/").form()
    data = {**form.fields, "action": "delete", "selected": [str(alice.id), str(bob.id)]}
    page = agree(as_alice.post(form.action, data))
    assert "bob was deleted." in page.messages
    assert "You cannot delete the account that you are using." in page.text
    assert as_alice.get("/users/").column() == ["alice"]


# The object's own page


def test_the_objects_own_page_has_its_actions(yard: Flask, as_yard_alice: Visitor) -> None:
    page = as_yard_alice.get("/crates/?q=c").follow("c1")
    form = page.form("/crates/action/")
    assert [button["value"] for button in form.tag.select("button")] == list(CrateAdmin.actions)
    after = form.submit("action", follow=True, action="open_up")
    assert after.address.startswith("/crates/1/change/")
    assert "Open: done for c1." in after.messages
    assert after.form().fields["_list"] == "q=c"
    assert opened(yard) == ["c1"]


def test_saving_an_object_and_doing_something_to_it_are_two_forms(as_yard_alice: Visitor) -> None:
    """Behaviour 40: no button of one form can be taken for one of the other."""
    page = as_yard_alice.get("/crates/1/change/")
    saving, acting = page.form().tag, page.form("/crates/action/").tag
    assert saving.select("[name=action], [name=selected]") == []
    assert acting.select("[name=_save]") == []


def test_on_the_objects_page_the_question_is_asked_too(yard: Flask, as_yard_alice: Visitor) -> None:
    form = as_yard_alice.get("/crates/1/change/").form("/crates/action/")
    page = form.submit("action", action="seal")
    assert page.title.startswith("Seal: 1 crate")
    assert agree(page).address.startswith("/crates/1/change/")
    assert [entry.verb for entry in entries(yard)] == ["seal"]


def test_another_object_several_or_none_is_no_action_of_a_page(yard: Flask, as_yard_alice: Visitor) -> None:
    """Behaviour 39; the object's page sends the one key that its action is for."""
    assert forge(as_yard_alice, "open_up", 1, 2, _object="1").status == 400
    assert forge(as_yard_alice, "open_up", _object="1").status == 400
    assert forge(as_yard_alice, "open_up", 4711, _object="1").status == 404
    assert opened(yard) == []
    assert forge(as_yard_alice, "open_up", 1, _object="1", select_across="1").status == 303
    assert opened(yard) == ["c1"]


def test_on_the_objects_page_only_what_is_permitted_for_it(yard: Flask) -> None:
    keep(yard, Crate(id=7, name="locked", yard_id=1))
    visitor = helper(yard, "crates.change", "crates.seal")

    def offered(key: int) -> list[str]:
        buttons = visitor.get(f"/crates/{key}/change/").soup.select("form[action='/crates/action/'] button")
        return [str(button["value"]) for button in buttons]

    assert offered(1) == list(CrateAdmin.actions)
    assert offered(7) == ["seal"]
    assert forge(visitor, "open_up", 7, _object="1").status == 403
    assert forge(visitor, "seal", 7, _object="1", _confirm="1").status == 303
    assert forge(visitor, "seal", 9, _object="1", _confirm="1").status == 404


def test_who_may_only_look_has_no_actions_on_the_page(yard: Flask) -> None:
    page = helper(yard).get("/crates/1/change/")
    assert page.soup.select("form[action='/crates/action/']") == []


def test_an_object_that_is_out_of_sight_afterwards_leads_to_the_list(
    yard: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def move(self: Any, obj: Crate, user: Any, form: Any) -> None:
        obj.yard_id = 2

    monkeypatch.setattr(CrateAdmin, "idle", action("Idle")(move))
    mover = helper(yard, "crates.change")
    form = mover.get("/crates/?q=c1").follow("c1").form("/crates/action/")
    monkeypatch.setattr(CrateAdmin, "actions", ("move",))
    monkeypatch.setattr(CrateAdmin, "move", action("Move")(move), raising=False)
    assert form.submit("action", action="move").location == "/crates/?q=c1"


def test_an_action_may_be_offered_for_some_objects_only(
    yard: Flask, as_yard_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def chosen(self: Any, user: Any, obj: Any = None) -> tuple[str, ...]:
        return ("open_up",) if obj is None or not obj.is_open else ()

    monkeypatch.setattr(CrateAdmin, "get_actions", chosen)
    form = as_yard_alice.get("/crates/1/change/").form("/crates/action/")
    assert form.submit("action", action="open_up").status == 303
    assert forge(as_yard_alice, "open_up", 1, _object="1").status == 403
    assert forge(as_yard_alice, "seal", 2, _confirm="1").status == 403


def test_a_row_that_goes_while_the_question_is_read_is_counted(yard: Flask, as_yard_alice: Visitor) -> None:
    page = do(as_yard_alice, "seal", 1, 2)
    with yard.app_context():
        db.session.execute(delete(Crate).where(Crate.id == 2))
        db.session.commit()
    assert "Seal: done for c1. 1 of them was not there any more." in agree(page).messages


@pytest.mark.parametrize("end", ["commit", "rollback"])
def test_an_action_that_ends_the_transaction_itself_is_the_developers_mistake_and_does_nothing(
    yard: Flask, as_yard_alice: Visitor, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    def open_up(self: Any, obj: Crate, user: Any, form: Any) -> None:
        obj.is_open = True
        if obj.name == "c2":
            getattr(db.session, end)()

    open_up.action = CrateAdmin.open_up.action  # type: ignore[attr-defined]
    monkeypatch.setattr(CrateAdmin, "open_up", open_up)
    monkeypatch.setitem(yard.config, "PROPAGATE_EXCEPTIONS", False)
    assert do(as_yard_alice, "open_up", 1, 2, 3).status == 500
    assert (opened(yard), entries(yard)) == ([], [])
    assert "done for 2 crates" in do(as_yard_alice, "open_up", 1, 3).messages


def test_what_an_action_deletes_is_kept_in_its_entry(
    yard: Flask, as_yard_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def scrap(self: Any, obj: Crate, user: Any, form: Any) -> None:
        db.session.delete(obj)

    scrap.action = CrateAdmin.idle.action  # type: ignore[attr-defined]
    monkeypatch.setattr(CrateAdmin, "idle", scrap)
    assert "done for 2 crates" in do(as_yard_alice, "idle", 1, 2).messages
    assert names(yard) == ["c3", "c4", "c5", "s1"]
    told = [{change.field: change.old for change in changes_of(entry)} for entry in entries(yard)]
    assert [one["name"] for one in told] == ["c1", "c2"]


def test_a_row_that_leaves_the_list_before_it_is_locked_is_not_meant_any_more(
    yard: Flask, as_yard_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    with yard.app_context():
        if db.engine.dialect.name == "sqlite":
            pytest.skip("SQLite has one writer at a time")
    page = do(as_yard_alice, "annotate", query="is_open=false", select_across="1")
    read_keys = selection.Selection.read_keys

    def then_somebody_opens_one(self: Any, user: Any) -> Any:
        found = read_keys(self, user)
        monkeypatch.setattr(selection.Selection, "read_keys", read_keys)
        with db.engine.begin() as connection:
            connection.execute(update(Crate).where(Crate.id == 2).values(is_open=True))
        return found

    monkeypatch.setattr(selection.Selection, "read_keys", then_somebody_opens_one)
    again = agree(page, note="look here")
    assert (again.status, entries(yard)) == (409, [])
    assert "it is 5 crates now" in again.text
    assert agree(again, note="look here").status == 200
    assert [entry.key for entry in entries(yard)] == ["1", "3", "4", "5", "9"]


def test_an_admin_may_refuse_the_whole(
    yard: Flask, as_yard_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def begin(self: Any, user: Any) -> None:
        raise Rejected("The yard is closed.")

    monkeypatch.setattr(CrateAdmin, "begin", begin)
    page = do(as_yard_alice, "open_up", 1)
    assert page.status == 422
    assert "The yard is closed." in page.text
    assert opened(yard) == []


def test_lists_of_people_have_boxes_for_who_may_delete_only(
    as_alice: Visitor, as_bob: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(UserAdmin, "actions", ())
    assert as_alice.get("/users/").soup.select("[name=selected]") != []
    assert as_bob.get("/users/").soup.select("[name=selected]") == []
