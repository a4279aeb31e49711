"""Capitals make no difference in a search, also where one engine or another tells texts apart by them."""

import pytest
from flask import Flask
from sqlalchemy import String, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, column_property, mapped_column

from webapp.admin.mapping import describe
from webapp.admin.search import has, parse_terms
from webapp.database import ExactString
from webapp.extensions import db


class OwnBase(DeclarativeBase):
    """Apart from the application's own tables."""


class Signed(OwnBase):
    """Texts that one engine or another tells apart by their capitals."""

    __tablename__ = "searched_signed"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(ExactString(20))
    apart: Mapped[str] = mapped_column(
        String(20).with_variant(String(20, collation="utf8mb4_bin"), "mariadb", "mysql")
    )


Signed.loud = column_property(func.upper(Signed.code, type_=String))


@pytest.mark.parametrize("name", ["code", "apart", "loud"])
def test_capitals_make_no_difference_in_what_is_computed_or_kept_apart(app: Flask, name: str) -> None:
    with app.app_context():
        OwnBase.metadata.create_all(db.engine)
        try:
            for number, word in enumerate(("Ann", "ANN", "ann", "Zoé", "ZOÉ"), 1):
                db.session.add(Signed(id=number, code=word, apart=word))
            db.session.flush()
            column = describe(Signed).selectable[name]
            for typed in ("ann", "Ann", "ZOÉ", "zoé"):
                number = 3 if typed.isascii() else 2
                for term in parse_terms(f"{typed} ^{typed} ={typed}"):
                    assert len(db.session.scalars(select(Signed.id).where(has(term, column))).all()) == number
        finally:
            db.session.rollback()
            OwnBase.metadata.drop_all(db.engine)
