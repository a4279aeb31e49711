"""Filters in force: each chip says what it does, opens to be changed, and goes by itself."""

from typing import Any

from flask import Flask

from tests.conftest import add_user
from tests.pages import Form, Page, Visitor


def chip(page: Page, label: str) -> Any:
    return next(tag for tag in page.soup.select(".chip-filter") if label in tag.summary.get_text(" "))


def change(page: Page, label: str, **values: Any) -> Page:
    """Open the chip, choose or type *values*, and apply."""
    fields = Form(page, chip(page, label).form).fill(**values).fields
    return page.visitor.get("/users/", query_string=fields)


def people(app: Flask) -> None:
    for name, is_active in (("dora", True), ("dario", False), ("emil", True)):
        add_user(app, name, is_active=is_active)


def test_a_chip_changes_its_filter_and_keeps_everything_else(app: Flask, as_alice: Visitor) -> None:
    people(app)
    page = as_alice.get("/users/?q=d&is_active=true&size=25&sort=-username&created_at__gte=2020-01-01")
    assert page.column() == ["dora"]
    other = change(page, "Active", is_active="false")
    assert other.column() == ["dario"]
    kept = ("q=d", "size=25", "sort=-username", "created_at__gte=2020-01-01", "is_active=false")
    assert all(part in other.address for part in kept)
    assert other.address.count("is_active") == 1


def test_a_chip_goes_by_itself_and_the_others_stay(app: Flask, as_alice: Visitor) -> None:
    people(app)
    page = as_alice.get("/users/?is_active=true&username__contains=d")
    assert page.column() == ["dora"]
    assert page.follow("Remove Active").column() == ["dario", "dora"]
    assert page.follow("Remove Username contains").address == "/users/?is_active=true"


def test_a_chip_of_several_values_has_a_control_for_each(app: Flask, as_alice: Visitor) -> None:
    people(app)
    page = as_alice.get("/users/?username=dora&username=emil")
    assert [str(tag["value"]) for tag in chip(page, "Username").select("input[type=text]")] == [
        "dora",
        "emil",
    ]
    labels = [str(tag["for"]) for tag in chip(page, "Username").select("label")]
    assert labels == [str(tag["id"]) for tag in chip(page, "Username").select("input[type=text]")]
    other = change(page, "Username", username=["dora", "dario"])
    assert other.column() == ["dario", "dora"]
    assert change(page, "Username", username=["", "emil"]).column() == ["emil"]


def test_a_chip_of_a_list_of_values_is_typed_in_one_line(app: Flask, as_alice: Visitor) -> None:
    people(app)
    page = as_alice.get("/users/?username__in=dora,emil")
    [control] = chip(page, "Username is one of").select("input[type=text]")
    assert control["value"] == "dora,emil"
    assert change(page, "Username", username__in="dario,emil").column() == ["dario", "emil"]


def test_a_value_that_a_chip_cannot_take_is_told_and_leads_back(app: Flask, as_alice: Visitor) -> None:
    page = as_alice.get("/users/?created_at__gte=2020-01-01")
    assert chip(page, "Created").select_one("input[name=created_at__gte]")["type"] == "date"
    refused = change(page, "Created", created_at__gte="yesterday")
    assert refused.status == 400
    assert "Created" in refused.text


def test_a_moment_of_a_chip_is_not_lost_in_a_field_for_days(as_alice: Visitor) -> None:
    page = as_alice.get("/users/?created_at__gte=2020-01-01T10:00")
    control = chip(page, "Created").select_one("input[name=created_at__gte]")
    assert (control["type"], control["value"]) == ("text", "2020-01-01T10:00")


def test_an_empty_chip_shows_the_whole_list(app: Flask, as_alice: Visitor) -> None:
    people(app)
    page = as_alice.get("/users/?username__contains=dor")
    assert change(page, "Username contains", username__contains="").column()[1:] == ["dario", "dora", "emil"]
