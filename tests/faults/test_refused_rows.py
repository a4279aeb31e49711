"""What the database refuses is told on the form, at the field where that is known, with all that was typed."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, func, select

import webapp.account
import webapp.users
from tests.conftest import close, make_settings
from tests.faults import lockers
from tests.faults.calm import engine_of
from tests.faults.lockers import Badge, Hall, Locker, LockerAdmin, Lockers, keep, visitors
from tests.pages import Form, Page, Visitor
from tests.threads import at_once
from webapp import create_app
from webapp.admin.options import Rejected
from webapp.extensions import db

MANY = 8
SQL = ("INSERT", "UPDATE ", "UNIQUE", "Duplicate", "FOREIGN KEY", "CONSTRAINT", "constraint", "uq_", "fk_")


@pytest.fixture(scope="session")
def locker_engine_app(engine_app: Flask) -> Iterator[Flask]:
    settings = make_settings(DATABASE_URL=engine_app.config["DATABASE_URL"])
    made = create_app(settings, apps=(webapp.users, webapp.account, Lockers))  # type: ignore[arg-type]
    lockers.create_tables(engine_of(made))
    yield made
    close(made)


@pytest.fixture
def locker_app(app: Flask, locker_engine_app: Flask) -> Iterator[Flask]:
    yield locker_engine_app
    lockers.empty_tables(engine_of(locker_engine_app))


@pytest.fixture
def olga(locker_app: Flask) -> Visitor:
    return visitors(locker_app, 1)[0]


@pytest.fixture
def quicker(locker_app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Have statements executed by somebody else after a form was found valid, once."""

    def arrange(*statements: Any) -> None:
        left = list(statements)

        def and_somebody_is_quicker(_self: LockerAdmin, _form: Any, _obj: Any, _user: Any) -> None:
            while left:
                with engine_of(locker_app).begin() as connection:
                    connection.execute(left.pop(0))

        monkeypatch.setattr(LockerAdmin, "prepare", and_somebody_is_quicker)

    return arrange


def typed(visitor: Visitor, key: int | None = None, **values: Any) -> Form:
    """The form of a locker, with a value in each field."""
    form = visitor.get("/lockers/add/" if key is None else f"/lockers/{key}/change/").form()
    usual = {"row": "A", "place": "1", "note": "typed with care", "colour": "3"}
    return form.fill(**{**usual, "is_used": True, **values})


def comes_back(page: Page, form: Form, error: str, but: str = "") -> bool:
    """Whether *page* is *form* with *error* and, except in the field *but*, all that was typed."""
    kept = page.form().fields
    return (
        page.status == 422
        and any(told.startswith(error) for told in page.errors)
        and not any(word in page.text for word in SQL)
        and all(
            kept.get(name) == value
            for name, value in form.fields.items()
            if not name.startswith(("_", "csrf_token")) and name != but
        )
    )


def rows(app: Flask) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(Locker)) or 0


# What is unique: typed, at once with others, and behind the form's back

TAKEN: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "together": ({"row": "A", "place": "1"}, {"row": "A", "place": "1"}, "Row: “Row and Place” is taken"),
    "by case": (
        {"place": "1", "owner": "Dora"},
        {"place": "2", "owner": "dORA"},
        "Owner: This value is taken",
    ),
    "among some": ({"place": "1", "code": "x"}, {"place": "2", "code": "x"}, "Code: This value is taken"),
}


@pytest.fixture(params=TAKEN)
def taken(request: pytest.FixtureRequest, locker_app: Flask) -> tuple[dict[str, Any], dict[str, Any], str]:
    if request.param == "by case" and locker_app.config["DATABASE_URL"].startswith("mariadb"):
        pytest.skip("MariaDB has no index of what a function makes of a column")
    return TAKEN[request.param]


def test_what_is_taken_is_told_at_its_field(
    locker_app: Flask, olga: Visitor, taken: tuple[dict[str, Any], dict[str, Any], str]
) -> None:
    """DB-03."""
    first, second, told = taken
    assert typed(olga, **first).submit().status == 303
    form = typed(olga, **second)
    assert comes_back(form.submit(), form, told)
    assert rows(locker_app) == 1


@pytest.mark.race
def test_of_many_who_take_the_same_at_once_one_has_it_and_the_others_keep_what_they_typed(
    locker_app: Flask, taken: tuple[dict[str, Any], dict[str, Any], str]
) -> None:
    """DB-03."""
    _first, second, told = taken
    forms = [
        typed(visitor, **{**second, **({} if told.startswith("Row") else {"place": str(number)})})
        for number, visitor in enumerate(visitors(locker_app, MANY))
    ]
    for number, form in enumerate(forms):
        form.fill(note=f"by {number}")
    pages = at_once([form.submit for form in forms])
    assert sorted(page.status for page in pages) == [303] + [422] * (MANY - 1)
    assert all(
        comes_back(page, form, told) for page, form in zip(pages, forms, strict=True) if page.status == 422
    )
    assert rows(locker_app) == 1


def test_what_only_the_driver_names_is_told_in_the_same_words(
    locker_app: Flask,
    olga: Visitor,
    taken: tuple[dict[str, Any], dict[str, Any], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """DB-03: a rule that cannot be asked about beforehand, as one that is written as text."""
    first, second, told = taken
    monkeypatch.setattr("webapp.admin.editing.saving.taken_fields", lambda *_arguments: {})
    assert typed(olga, **first).submit().status == 303
    form = typed(olga, **second)
    assert comes_back(form.submit(), form, told)


def test_what_is_unique_among_some_is_free_for_the_others(locker_app: Flask, olga: Visitor) -> None:
    """DB-03."""
    if locker_app.config["DATABASE_URL"].startswith("mariadb"):
        pytest.skip("MariaDB has no index over some of the rows")
    assert typed(olga, code="x").submit().status == 303
    assert typed(olga, code="x", place="2", is_used=False).submit().status == 303
    assert typed(olga, code="x", place="3").submit().status == 422
    with locker_app.app_context():
        unused = db.session.scalars(select(Locker.id).where(Locker.place == 2)).one()
    form = typed(olga, unused, code="x", place="2", is_used=True)
    assert comes_back(form.submit(), form, "Code: This value is taken")


# What is chosen and gone


@pytest.mark.parametrize("adding", [True, False])
@pytest.mark.parametrize("gone", ["hall", "badges"])
def test_what_is_chosen_and_deleted_meanwhile_is_an_error_of_its_field(
    locker_app: Flask, olga: Visitor, quicker: Callable[..., None], gone: str, adding: bool
) -> None:
    """DB-04."""
    keep(locker_app, Hall(id=1, name="North"), *(Badge(id=number, name=f"b{number}") for number in (1, 2)))
    keep(locker_app, Locker(id=7, row="A", place=1, colour=1))
    form = typed(olga, None if adding else 7, row="B", hall="1", badges=["1", "2"])
    quicker(delete(Hall) if gone == "hall" else delete(Badge).where(Badge.id == 1))
    page = form.submit()
    label = "Hall" if gone == "hall" else "Badges"
    assert comes_back(page, form, f"{label}: “1” is not there", but=gone)
    kept = page.form().fields
    assert (kept["hall"], kept["badges"]) == (("", ["1", "2"]) if gone == "hall" else ("1", ["2"]))
    assert rows(locker_app) == 1
    assert page.form().submit().status == 303


def test_what_was_there_and_is_deleted_meanwhile_is_no_longer_chosen(
    locker_app: Flask, olga: Visitor, quicker: Callable[..., None]
) -> None:
    """DB-04: another of them is taken off, in the moment in which its row goes."""
    badges = [Badge(id=number, name=f"b{number}") for number in (1, 2)]
    keep(locker_app, Locker(id=7, row="A", place=1, colour=1, badges=badges))
    form = typed(olga, 7, badges=["2"])
    quicker(delete(Badge).where(Badge.id == 1))
    assert form.submit().status == 303


def test_a_key_that_is_typed_and_leads_nowhere_is_told(locker_app: Flask, olga: Visitor) -> None:
    """DB-04: a column that holds a key without a relation in the model."""
    form = typed(olga, spare_id="77")
    told = "The database refused this: another record has the same values, one that it needs is gone"
    assert comes_back(form.submit(), form, told)


# What a rule of the table forbids


@pytest.mark.parametrize("adding", [True, False])
@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"weight": "100"}, "Weight: A rule of the table does not allow this value of “Weight”."),
        ({"height": "100"}, "The rule “ck_lockers_low” of the table does not allow these values."),
        ({"colour": "13"}, "Colour: A rule of the table does not allow this value of “Colour”."),
        ({"colour": ""}, "Colour: “Colour” must have a value."),
    ],
    ids=["known to the model", "known to the database only", "without a name", "not null"],
)
def test_what_a_rule_of_the_table_forbids_is_told_with_its_field_or_its_name(
    locker_app: Flask, olga: Visitor, wrong: dict[str, str], told: str, adding: bool
) -> None:
    """DB-04."""
    keep(locker_app, Locker(id=7, row="A", place=1, colour=1, weight=1, height=1))
    form = typed(olga, None if adding else 7, row="B", **wrong)
    assert comes_back(form.submit(), form, told)
    assert rows(locker_app) == 1


def test_an_action_tells_what_a_rule_of_the_table_forbids(locker_app: Flask, olga: Visitor) -> None:
    """DB-04."""
    keep(locker_app, Locker(id=7, row="A", place=1, colour=1))
    form = olga.get("/lockers/").form("/lockers/action/")
    page = olga.post(form.action, {**form.fields, "action": "burden", "selected": "7"}, follow=True)
    assert page.status == 422
    assert "does not allow this value of “Weight”" in page.text


def test_what_a_hook_refuses_after_something_went_leaves_the_form_whole(
    locker_app: Flask, olga: Visitor, quicker: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """DB-04: what was chosen is gone, and the hook said no before the database could."""

    def refuse(*_arguments: Any) -> None:
        raise Rejected("Not today.")

    keep(locker_app, Hall(id=1, name="North"))
    monkeypatch.setattr(LockerAdmin, "before_save", refuse)
    form = typed(olga, hall="1")
    quicker(delete(Hall))
    assert comes_back(form.submit(), form, "Not today.", but="hall")
