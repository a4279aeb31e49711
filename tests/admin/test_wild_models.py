"""Nothing in how a model is mapped may take a page away: each has its list, its forms, its history and its end."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

import webapp.account
import webapp.users
from tests.admin.wild import (
    Bird,
    Dog,
    Given,
    Ivy,
    Leaf,
    Paper,
    Strict,
    Tagged,
    Tree,
    Vertex,
    Vine,
    Wall,
    WildApp,
    WildBase,
)
from tests.conftest import add_user, counted, make_settings, signed_in
from tests.pages import Page, Visitor
from webapp import create_app
from webapp.admin.history import LogEntry
from webapp.extensions import db


@pytest.fixture(scope="session")
def wild_engine_app(engine_app: Flask) -> Iterator[Flask]:
    settings = make_settings(DATABASE_URL=engine_app.config["DATABASE_URL"])
    made = create_app(settings, apps=(webapp.users, webapp.account, WildApp))  # type: ignore[arg-type]
    with made.app_context():
        WildBase.metadata.create_all(db.engine)
    yield made
    with made.app_context():
        db.engine.dispose()


@pytest.fixture
def wild_app(app: Flask, wild_engine_app: Flask) -> Iterator[Flask]:
    yield wild_engine_app
    with wild_engine_app.app_context(), db.engine.begin() as connection:
        for table in reversed(WildBase.metadata.sorted_tables):
            connection.execute(table.delete())


@pytest.fixture
def visitor(wild_app: Flask) -> Visitor:
    return signed_in(wild_app, add_user(wild_app, "alice", is_superuser=True))


def keep(app: Flask, *objects: Any) -> None:
    with app.app_context():
        db.session.add_all(objects)
        db.session.commit()


def entries(app: Flask) -> list[str]:
    with app.app_context():
        found = db.session.scalars(select(LogEntry).where(LogEntry.name != "users").order_by(LogEntry.id))
        return [entry.verb for entry in found]


def save(visitor: Visitor, address: str, **values: Any) -> Page:
    return visitor.get(address).form().fill(**values).submit()


MAKERS: list[Any] = [
    lambda: Leaf(id=1, name="a"),
    lambda: Tree(
        id=1,
        name="t",
        green=[Leaf(name="a")],
        brown={Leaf(name="b")},
        named={"c": Leaf(name="c")},
        best=Leaf(name="d"),
    ),
    lambda: Vertex(id=1, name="v", long="long", never="never"),
    lambda: Tagged(id=1, leaves=[Leaf(name="a")]),
    lambda: Strict(id=1, name="ok", age=3),
    lambda: Dog(id=1, name="Rex"),
    lambda: Bird(id=1, name="Pip"),
    lambda: Paper(id=1, name="sheet"),
]


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: type(make()).__name__)
def test_each_page_of_a_wild_model_answers_and_an_untouched_save_changes_nothing(
    wild_app: Flask, visitor: Visitor, make: Any
) -> None:
    obj = make()
    name = type(obj).__name__.lower()
    keep(wild_app, obj)
    for address in ("", "add/", "1/change/", "1/history/", "1/delete/"):
        assert visitor.get(f"/{name}/{address}").status == 200, address
    page = visitor.get(f"/{name}/1/change/")
    before = page.form().fields
    assert page.form().submit().status == 303
    after = visitor.get(f"/{name}/1/change/").form().fields
    of_this_page = {"csrf_token": "", "_once": ""}
    assert {**after, **of_this_page} == {**before, **of_this_page}
    assert entries(wild_app) == []
    assert visitor.get(f"/{name}/1/delete/").form().submit().status == 303


def test_relations_are_written_whatever_loads_and_holds_them(wild_app: Flask, visitor: Visitor) -> None:
    keep(wild_app, *(Leaf(id=number, name=f"leaf {number}") for number in (1, 2, 3)))
    form = visitor.get("/tree/add/").form()
    page = form.fill(green=["1", "2"], brown=["2"], named=["1", "3"], best="3").submit(
        "_continue", follow=True
    )
    form = page.form()
    held = {name: form.fields[name] for name in ("green", "brown", "named", "best")}
    assert held == {"green": ["1", "2"], "brown": ["2"], "named": ["1", "3"], "best": "3"}
    changed = form.fill(green=["3"], brown=[], named=["3", "2"], best="").submit("_continue", follow=True)
    held = {name: changed.form().fields[name] for name in ("green", "brown", "named", "best")}
    assert held == {"green": ["3"], "brown": [], "named": ["2", "3"], "best": ""}
    assert entries(wild_app) == ["add", "change"]


@pytest.mark.parametrize("typed", [{}, {"name": "long"}, {"parent": "2"}], ids=str)
def test_a_model_that_leads_to_itself_is_given_what_else_was_chosen(
    wild_app: Flask, visitor: Visitor, typed: dict[str, str]
) -> None:
    some = [Leaf(id=number, name=f"leaf {number}") for number in (1, 2, 3)]
    keep(wild_app, Vine(id=1, name="vine", leaves=some[:2]), Vine(id=2, name="root"), some[2])

    def held() -> Any:
        return visitor.get("/vine/1/change/").form().fields["leaves"]

    page = visitor.get("/vine/1/change/").form().fill(leaves=["2", "3"], **typed).submit(follow=True)
    assert held() == ["2", "3"]
    assert page.undo().status == 303
    assert held() == ["1", "2"]
    assert save(visitor, "/vine/1/change/", leaves=[], **typed).status == 303
    assert held() == []


def test_what_led_to_a_row_that_went_in_the_same_form_leads_there_again(
    wild_app: Flask, visitor: Visitor
) -> None:
    keep(wild_app, Vine(id=1, name="one"), Vine(id=2, name="two", parent_id=1))
    assert save(visitor, "/vine/1/change/", parent="2").status == 303
    form = visitor.get("/vine/1/change/").form().fill(parent="", **{"shoots-0-_delete": True})
    page = form.submit(follow=True)
    assert page.errors == []
    with wild_app.app_context():
        assert [(vine.id, vine.parent_id) for vine in db.session.scalars(select(Vine))] == [(1, None)]
    assert "Undone: 2 vines." in visitor.get(page.undo().location).messages
    with wild_app.app_context():
        found = db.session.scalars(select(Vine).order_by(Vine.id))
        assert [(vine.id, vine.parent_id) for vine in found] == [(1, 2), (2, 1)]


def test_a_row_that_leads_to_one_that_goes_in_the_same_form_is_emptied_or_refused(
    wild_app: Flask, visitor: Visitor
) -> None:
    rows = [Vine(id=number, name=f"row {number}", parent_id=1) for number in (2, 3)]
    keep(wild_app, Vine(id=1, name="one"))
    keep(wild_app, *rows)

    def take_off(**values: str) -> Page:
        form = visitor.get("/vine/1/change/").form()
        return form.fill(**{"shoots-0-_delete": True, **values}).submit()

    page = take_off(**{"shoots-1-graft": "2"})
    gone = "“Vine 2” is not there any more, or it is not visible to you."
    assert (page.status, page.errors) == (422, [f"Vines, Vine 3, Graft: {gone}"])
    page = take_off(graft="2")
    assert (page.status, page.errors) == (422, [f"Graft: {gone}"])
    assert save(visitor, "/vine/3/change/", graft="2").status == 303
    assert take_off(**{"shoots-1-name": "left"}).status == 303
    with wild_app.app_context():
        found = db.session.scalars(select(Vine).order_by(Vine.id))
        assert [(vine.name, vine.graft_id) for vine in found] == [("one", None), ("left", None)]


def test_what_an_admins_query_says_how_to_load_is_loaded_so(wild_app: Flask, visitor: Visitor) -> None:
    leaf = Leaf(id=1, name="a")
    keep(wild_app, Tree(id=1, name="t", best=leaf, brown={leaf}))
    assert visitor.get("/tree/").rows() == [["t", "a", "a"]]
    form = visitor.get("/tree/1/change/").form()
    assert (form.fields["best"], form.fields["brown"]) == ("1", ["1"])
    assert form.fill(best="", brown=[]).submit().status == 303
    assert visitor.get("/tree/").rows() == [["t", "–", "–"]]


def test_deferred_columns_that_a_list_shows_come_with_its_rows(wild_app: Flask, visitor: Visitor) -> None:
    keep(wild_app, *(Vertex(name=f"v{number}", long=f"long {number}") for number in range(20)))
    visitor.get("/vertex/")
    with counted(wild_app) as statements:
        page = visitor.get("/vertex/")
    assert page.column(1) == [f"long {number}" for number in range(20)]
    assert len(statements) <= 4, statements


def test_what_the_database_computes_is_no_field(wild_app: Flask, visitor: Visitor) -> None:
    form = visitor.get("/vertex/add/").form()
    assert "area" not in form.fields
    assert form.fill(side="3").submit(area="7").status == 303
    assert visitor.get("/vertex/").column(3) == ["9"]


def test_a_new_row_begins_with_its_defaults_and_the_database_fills_in_what_is_left_empty(
    wild_app: Flask, visitor: Visitor
) -> None:
    form = visitor.get("/begun/add/").form()
    begun = {name: form.fields[name] for name in ("plain", "word", "number", "quoted", "truth")}
    assert begun == {"plain": "5", "word": "hello", "number": "7", "quoted": "it", "truth": "y"}
    page = form.fill(word="typed").submit("_continue", follow=True)
    assert page.status == 200, page.errors
    kept = page.form().fields
    assert (kept["summed"], kept["copied"]) == ("7", "typed")
    assert kept["at"]
    emptied = page.form().fill(summed="", at="").submit()
    assert emptied.errors == ["At: Fill in this field.", "Summed: Fill in this field."]


def test_a_default_that_somebody_empties_stays_empty(wild_app: Flask, visitor: Visitor) -> None:
    form = visitor.get("/begun/add/").form()
    page = form.fill(plain="", quoted="", truth=False).submit("_continue", follow=True)
    fields = page.form().fields
    assert (fields["plain"], fields["quoted"], "truth" in fields) == ("", "", False)


def test_a_form_sent_without_a_relation_to_one_leaves_it(wild_app: Flask, visitor: Visitor) -> None:
    keep(wild_app, Tree(id=1, name="t", best=Leaf(id=1, name="a")))
    form = visitor.get("/tree/1/change/").form()
    del form.fields["best"]
    assert form.fill(name="u").submit().status == 303
    assert visitor.get("/tree/").rows() == [["u", "a", "–"]]


def test_a_char_without_a_length_holds_one_character(wild_app: Flask, visitor: Visitor) -> None:
    page = save(visitor, "/vertex/add/", letter="ab")
    assert page.errors == ["Letter: Write at most 1 character."]
    assert save(visitor, "/vertex/add/", letter="a").status == 303


def test_a_table_that_is_narrower_than_its_model_refuses_in_words(wild_app: Flask, visitor: Visitor) -> None:
    page = save(visitor, "/vertex/add/", narrow="four")
    if wild_app.config["DATABASE_URL"].startswith("sqlite"):
        assert page.status == 303  # it cuts and refuses nothing
        return
    assert page.status == 422
    assert "too long" in page.errors[0]
    assert entries(wild_app) == []
    assert save(visitor, "/vertex/add/", narrow="two").status == 303


def test_a_class_that_asks_for_arguments_is_given_what_was_typed(wild_app: Flask, visitor: Visitor) -> None:
    keep(wild_app, Leaf(id=1, name="a"))
    assert save(visitor, "/given/add/", name="typed", leaf="1", note="n").status == 303
    with wild_app.app_context():
        kept = db.session.scalars(select(Given)).one()
        assert (kept.name, kept.leaf_id, kept.note) == ("typed", 1, "n")


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("name", "bad", "no bad names"),
        ("age", "100", "nobody is so old"),
        ("leaf", "1", "poison is no leaf"),
    ],
)
@pytest.mark.parametrize("address", ["/strict/add/", "/strict/7/change/"])
def test_what_a_validator_of_the_model_refuses_is_an_error_of_its_field(
    wild_app: Flask, visitor: Visitor, address: str, field: str, value: str, error: str
) -> None:
    keep(wild_app, Leaf(id=1, name="poison"), Leaf(id=2, name="mint"), Strict(id=7))
    page = save(visitor, address, **{field: value})
    assert page.status == 422
    assert error in page.errors[0]
    assert page.soup.select_one(f'[name="{field}"][aria-invalid]')
    assert entries(wild_app) == []
    assert save(visitor, address, name="good", age="99", leaf="2").status == 303


def test_of_an_abstract_class_nothing_is_added(wild_app: Flask, visitor: Visitor) -> None:
    keep(wild_app, Dog(id=50, name="Rex"))
    assert visitor.get("/animal/").link("Add animal") is None
    assert visitor.get("/animal/add/").status == 403
    assert save(visitor, "/animal/50/change/", name="Rexi").status == 303
    assert save(visitor, "/dog/add/", name="Fido").status == 303
    assert visitor.get("/animal/50/delete/").form().submit().status == 303


def test_a_text_that_is_none_or_fails_is_the_class_and_the_key(wild_app: Flask, visitor: Visitor) -> None:
    keep(wild_app, Leaf(id=1), Leaf(id=2, name="b"), Tree(id=1, best_id=1))
    assert visitor.get("/leaf/").column() == ["Leaf 1", "b"]
    assert visitor.get("/leaf/1/change/").title.startswith("Leaf 1")
    options = visitor.get("/tree/1/change/").soup.select("select[name=best] option")
    assert [option.get_text() for option in options] == ["", "Leaf 1", "b"]


def test_a_relation_can_change_where_no_column_can(wild_app: Flask, visitor: Visitor) -> None:
    keep(wild_app, Tagged(id=1), Leaf(id=1, name="a"))
    assert save(visitor, "/tagged/1/change/", leaves=["1"]).status == 303
    assert visitor.get("/tagged/1/change/").form().fields["leaves"] == ["1"]


def test_what_is_mapped_to_a_join_is_listed_and_searched(wild_app: Flask, visitor: Visitor) -> None:
    keep(wild_app, Bird(id=1, name="robin"), Dog(id=2, name="rob"), Bird(id=3, name="owl"))
    assert visitor.get("/perch/?sort=name").column() == ["owl", "robin"]
    assert visitor.get("/perch/?q=obi").column() == ["robin"]
    assert '"/perch/1/change/"' in visitor.get("/search?q=obi").text


def test_what_the_database_has_emptied_is_told_under_the_name_of_the_relation(
    wild_app: Flask, visitor: Visitor
) -> None:
    keep(wild_app, Vine(id=1, name="one"), Vine(id=2, name="two"))
    assert save(visitor, "/vine/1/change/", graft="2").status == 303
    assert visitor.get("/vine/2/delete/").form().submit().status == 303
    for address in ("/vine/1/history/", "/vine/1/history/?field=graft"):
        page = visitor.get(address)
        assert "Graft id" not in page.text
        assert page.text.count(">Graft</dt>") == 2


def test_a_row_that_would_go_with_one_that_is_taken_off_is_refused_with_a_way_out(
    wild_app: Flask, visitor: Visitor
) -> None:
    keep(wild_app, Wall(id=1, name="wall"))
    keep(wild_app, Ivy(id=1, name="one", wall_id=1), Ivy(id=4, name="four", wall_id=1))
    keep(wild_app, Ivy(id=2, name="two", wall_id=1, on_id=1), Ivy(id=3, name="three", wall_id=1, beside_id=1))
    row = "wild_ivies_wall_id"
    form = visitor.get("/wall/1/change/").form()
    page = form.fill(**{f"{row}-0-_delete": True, f"{row}-1-name": "zwei"}).submit()
    told = "It would go with what is taken off here. Take it off as well, or keep that."
    assert (page.status, page.errors) == (422, [f"Ivys, Ivy 2: {told}"])
    page = page.form().fill(**{f"{row}-1-_delete": True, f"{row}-2-name": "drei"}).submit()
    assert page.status == 303, page.errors
    with wild_app.app_context():
        found = db.session.scalars(select(Ivy).order_by(Ivy.id))
        assert [(ivy.id, ivy.name, ivy.beside_id) for ivy in found] == [(3, "drei", None), (4, "four", None)]
