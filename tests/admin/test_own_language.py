"""Numbers, moments and lists as the person's language writes them, there and back again."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale

from tests.admin.kinds import control, keep, save, stored
from tests.conftest import add_user, signed_in
from tests.pages import Visitor
from webapp.admin.display import texts_of
from webapp.admin.listing.counting import Count
from webapp.admin.texts import ListStyle, duration_text, list_text, size_text

ROUND_TRIPS = [
    ("exact", "1.234,5", Decimal("1234.5"), "1234,5000"),
    ("exact", "-0,25", Decimal("-0.25"), "-0,2500"),
    ("price", "1234567,89", Decimal("1234567.89"), "1234567,89"),
    ("ratio", "0,1", 0.1, "0,1"),
    ("number", "-1234567", -1234567, "-1234567"),
    ("day", "2026-11-22", date(2026, 11, 22), "2026-11-22"),
    ("clock", "18:30:15,25", time(18, 30, 15, 250000), "18:30:15.250"),
    ("at", "2026-11-22T18:30", datetime(2026, 11, 22, 21, 30, tzinfo=UTC), "2026-11-22T18:30"),
    ("length", "3 dias 04:05:06,5", timedelta(3, 14706, 500000), "3 dias 04:05:06,5"),
    ("length", "2 semanas 1 hora", timedelta(14, 3600), "14 dias 01:00:00"),
]


@pytest.mark.parametrize(("name", "typed", "value", "shown"), ROUND_TRIPS)
def test_what_is_typed_in_portuguese_is_kept_and_comes_back(
    kind_app: Flask, brazilian: Visitor, name: str, typed: str, value: Any, shown: str
) -> None:
    keep(kind_app)
    page = save(brazilian, **{name: typed})
    assert page.status == 303, page.errors
    assert stored(kind_app, name) == value
    again = brazilian.get("/kinds/1/change/")
    assert control(again, name) in (shown, shown.removesuffix("00"))
    assert again.form().submit().status == 303
    assert stored(kind_app, name) == value
    assert len(brazilian.get("/kinds/1/history/").soup.select(".timeline-line")) == 1


def test_a_list_shows_numbers_and_moments_in_the_persons_language_and_zone(app: Flask) -> None:
    person = add_user(app, "joana", is_superuser=True, locale="pt_BR", timezone="America/Sao_Paulo")
    visitor = signed_in(app, person)
    add_user(app, "old", created_at=datetime(2020, 3, 1, 1, 30, tzinfo=UTC))
    page = visitor.get("/users/?columns=username,created_at,last_login_at").soup
    assert page.select_one("[title='22:30:00 -03']").get_text() == "29 de fev. de 2020"
    assert any(moment.get_text().startswith("há ") for moment in page.select(".table tbody tr [title]"))


@pytest.mark.parametrize(
    ("locale", "style", "text"),
    [
        ("en", "standard", "a, b, and c"),
        ("en", "or", "a, b, or c"),
        ("en", "unit", "a, b, c"),
        ("pt_BR", "standard", "a, b e c"),
        ("pt_BR", "or", "a, b ou c"),
        ("pt_BR", "unit", "a, b e c"),
        ("ar", "standard", "a وb وc"),
    ],
)
def test_a_list_is_joined_as_the_language_joins_it(
    app: Flask, locale: str, style: ListStyle, text: str
) -> None:
    with app.test_request_context(), force_locale(locale):
        assert list_text(["a", "b", "c"], style) == text
        assert list_text(["{0} %s"], style) == "{0} %s"
        assert list_text([], style) == ""


@pytest.mark.parametrize(
    ("locale", "texts"),
    [
        (
            "en",
            ["a, b, c, d, e, and 2 more", "1,234,567 bytes", "1 byte", "0 bytes", "1,000", "1 day", "2 days"],
        ),
        (
            "pt_BR",
            ["a, b, c, d, e e mais 2", "1.234.567 bytes", "1 byte", "0 byte", "1.000", "1 dia", "2 dias"],
        ),
    ],
)
def test_what_is_counted_has_the_form_for_its_number(app: Flask, locale: str, texts: list[str]) -> None:
    with app.test_request_context(), force_locale(locale):
        assert [
            texts_of(list("abcdefg")),
            *(size_text(number) for number in (1234567, 1, 0)),
            str(Count(1000, True)),
            *(duration_text(timedelta(days=number)) for number in (1, 2)),
        ] == texts


def test_choices_of_a_filter_and_sizes_of_a_page_are_joined_with_or(app: Flask) -> None:
    visitor = signed_in(app, add_user(app, "joana", is_superuser=True, locale="pt_BR"))
    chip = visitor.get("/users/?username__in=ana,bia,carla").soup.select_one(".chip")
    assert "ana, bia ou carla" in chip.get_text(" ")
    chip = visitor.get("/users/?created_at__gte=2026-01-31&last_login_at__lt=2026-11-22T18:30Z").soup.select(
        ".chip bdi"
    )
    assert [one.get_text() for one in chip] == ["31 de jan. de 2026", "22 de nov. de 2026 18:30:00"]
    assert "25, 50, 100 ou 250 linhas" in visitor.get("/users/?size=7").text


def test_what_is_kept_of_lists_and_forms_is_said_to_each_in_his_own_language(app: Flask) -> None:
    english = signed_in(app, add_user(app, "alice", is_superuser=True))
    brazilian = signed_in(app, add_user(app, "joana", is_superuser=True, locale="pt_BR"))
    helps, heads, errors = [], [], []
    for visitor in (english, brazilian, english):
        page = visitor.get("/users/")
        helps.append(page.soup.select_one("#q-help").get_text(strip=True).partition(" ")[0])
        heads.append(page.soup.select_one("thead th:nth-of-type(1)").get_text(strip=True))
        errors += visitor.get("/groups/add/").form().submit(name="").errors
    assert helps == ["Looks", "Procura", "Looks"]
    assert heads == ["Username", "Nome de usuário", "Username"]
    assert errors == ["Name: Fill in this field.", "Nome: Preencha este campo.", "Name: Fill in this field."]
