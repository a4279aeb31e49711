"""Numbers of MariaDB that take no sign: beyond 2^63 they are written, found, led to and walked over like others."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy.dialects.mysql import BIGINT
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

import webapp.account
import webapp.users
from tests.admin.backwards import last_entry, restore
from tests.conftest import add_user, make_settings, signed_in
from tests.pages import Visitor
from webapp import create_app
from webapp.admin.mapping import describe
from webapp.admin.options import ModelAdmin
from webapp.admin.site import AdminSite
from webapp.extensions import db

LARGEST = 2**64 - 1


class UnsignedBase(DeclarativeBase):
    pass


class Meter(UnsignedBase):
    __tablename__ = "unsigned_meters"

    id: Mapped[int] = mapped_column(BIGINT(unsigned=True), primary_key=True, autoincrement=False)
    total: Mapped[int] = mapped_column(BIGINT(unsigned=True), index=True)

    def __str__(self) -> str:
        return f"meter {self.id}"


class MeterAdmin(ModelAdmin):
    name = "meters"
    list_display = ("id", "total")
    list_filter = ("total",)
    ordering = ("-total",)
    fields = ("id", "total")


class MeterApp:
    @staticmethod
    def register(site: AdminSite) -> None:
        site.register(Meter, MeterAdmin)


@pytest.fixture
def visitor(app: Flask) -> Iterator[Visitor]:
    url = app.config["DATABASE_URL"]
    if not url.startswith("mariadb"):
        pytest.skip("only MariaDB has such numbers")
    made = create_app(make_settings(DATABASE_URL=url), apps=(webapp.users, webapp.account, MeterApp))  # type: ignore[arg-type]
    with made.app_context():
        UnsignedBase.metadata.create_all(db.engine)
    yield signed_in(made, add_user(made, "alice", is_superuser=True))
    with made.app_context():
        UnsignedBase.metadata.drop_all(db.engine)
        db.engine.dispose()


def test_the_largest_is_typed_found_led_to_and_walked_over(visitor: Visitor) -> None:
    for less in range(30):
        form = visitor.get("/meters/add/").form()
        assert form.fill(id=str(LARGEST - less), total=str(LARGEST - less)).submit().status == 303
    assert visitor.get(f"/meters/?total={LARGEST}").column() == [str(LARGEST)]
    assert visitor.get(f"/meters/?total__gte={LARGEST - 1}").column() == [str(LARGEST), str(LARGEST - 1)]
    first = visitor.get("/meters/?size=25")
    rest = visitor.get(first.soup.select_one("a[rel=next]")["href"]).column()  # type: ignore[index]
    assert [*first.column(), *rest] == [str(LARGEST - less) for less in range(30)]
    page = visitor.get(f"/meters/{LARGEST}/change/")
    assert page.status == 200
    assert page.form().fill(total="1").submit().status == 303
    entry = last_entry(visitor.app, "meters")
    page = restore(visitor, "meters", LARGEST, entry)
    assert page.form().submit().status == 303
    assert visitor.get(f"/meters/?total={LARGEST}").column() == [str(LARGEST)]
    assert visitor.get(f"/meters/?total={LARGEST + 1}").status == 400
    assert visitor.get(f"/meters/{LARGEST + 1}/change/").status == 404


@pytest.mark.one_engine
def test_only_a_column_without_a_sign_takes_it() -> None:
    assert describe(Meter).columns["total"].parse(str(LARGEST)) == LARGEST
    assert describe(Meter).parse_key(str(LARGEST)) == (LARGEST,)
    with pytest.raises(ValueError, match="no such value"):
        describe(Meter).columns["total"].parse(str(LARGEST + 1))
