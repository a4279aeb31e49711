"""Files and JSON in forms: what is kept, what is refused, and what the history and the database hold of it."""

from hashlib import sha256
from io import BytesIO

import pytest
from flask import Flask
from sqlalchemy import select, text

from tests.admin.kinds import Kind, control, keep, save, stored
from tests.pages import Visitor
from webapp.admin.history import LogEntry, changes_of
from webapp.extensions import db


def test_a_file_is_kept_until_another_is_chosen_or_it_is_removed(
    kind_app: Flask, kind_visitor: Visitor
) -> None:
    keep(kind_app, content=b"\xff\x00old")
    form = kind_visitor.get("/kinds/1/change/")
    assert form.soup.select_one("form[enctype='multipart/form-data']")
    assert "5 bytes" in form.text
    assert save(kind_visitor, text="x").status == 303
    assert stored(kind_app, "content") == b"\xff\x00old"
    # As a browser sends a file field in which nothing was chosen.
    page = kind_visitor.get("/kinds/1/change/").form().submit(content=(BytesIO(b""), ""), **{"text": "y"})
    assert page.status == 303
    assert stored(kind_app, "content") == b"\xff\x00old"
    raw = bytes(range(256))
    form = kind_visitor.get("/kinds/1/change/")
    assert form.form().submit(content=(BytesIO(raw), "a.bin")).status == 303
    assert stored(kind_app, "content") == raw
    history = kind_visitor.get("/kinds/1/history/")
    assert "256 bytes" in history.text
    assert "256 bytes" in kind_visitor.get("/kinds/").text
    assert kind_visitor.get("/kinds/1/change/").form().fill(**{"content-clear": True}).submit().status == 303
    assert stored(kind_app, "content") is None


@pytest.mark.parametrize(
    ("name", "size", "status"),
    [("content", 65_535, 303), ("content", 65_536, 422), ("short", 4, 303), ("short", 5, 422)],
)
def test_a_file_has_the_room_of_its_column(
    kind_app: Flask, kind_visitor: Visitor, name: str, size: int, status: int
) -> None:
    keep(kind_app, short=b"old")
    page = kind_visitor.get("/kinds/1/change/").form().submit(**{name: (BytesIO(b"\xfe" * size), "a.bin")})
    assert page.status == status, page.errors
    assert (stored(kind_app, name) == b"\xfe" * size) is (status == 303)


def test_no_box_removes_a_file_that_must_be_there(kind_app: Flask, kind_visitor: Visitor) -> None:
    keep(kind_app, short=b"old")
    form = kind_visitor.get("/kinds/1/change/")
    assert form.soup.select_one("[name=short-clear]") is None
    assert form.form().submit(**{"short-clear": "y"}).status == 303
    assert stored(kind_app, "short") == b"old"


def test_a_file_in_the_place_of_text_is_refused(kind_app: Flask, kind_visitor: Visitor) -> None:
    keep(kind_app, text="old")
    form = kind_visitor.get("/kinds/1/change/").form()
    del form.fields["text"]
    assert form.submit(text=(BytesIO(b"new"), "a.txt")).status == 400
    # And text in the place of a file is none.
    assert kind_visitor.get("/kinds/1/change/").form().submit(content="new").status == 303
    assert stored(kind_app, "content") is None
    # A page without a file field takes none at all.
    user = kind_visitor.get("/users/add/").form()
    assert user.submit(email=(BytesIO(b"x"), "a.txt")).status == 400


@pytest.mark.parametrize(("value", "status"), [(b"\xff", 400), ("é".encode(), 303)])
def test_a_file_lets_no_damaged_text_pass(
    kind_app: Flask, kind_visitor: Visitor, value: bytes, status: int
) -> None:
    keep(kind_app)
    fields = kind_visitor.get("/kinds/1/change/").form().fields | {"text": ""}
    parts = [
        b'--x\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n'
        % (name.encode(), str(text).encode())
        for name, text in fields.items()
        if name != "text"
    ]
    parts.append(b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\n%b\r\n' % value)
    head = b'--x\r\nContent-Disposition: form-data; name="content"; filename="a"\r\n\r\n'
    parts.append(head + b"\xff\xfe\r\n--x--\r\n")
    response = kind_visitor.client.post(
        "/kinds/1/change/",
        data=b"".join(parts),
        content_type="multipart/form-data; boundary=x",
        headers={"Referer": "http://localhost/kinds/1/change/"},
    )
    assert response.status_code == status
    assert stored(kind_app, "content") == (b"\xff\xfe" if status == 303 else None)


def test_json_that_python_takes_for_equal_is_a_change(kind_app: Flask, kind_visitor: Visitor) -> None:
    keep(kind_app, document={"a": 1, "b": 2})
    for typed in ('{"a": true, "b": 2}', '{"b": 2, "a": true}', '{"b": 2.0, "a": true}'):
        assert save(kind_visitor, document=typed).status == 303
        with kind_app.app_context():
            raw = db.session.execute(text("SELECT document FROM kinds")).scalar()
        assert str(raw).replace("'", '"').replace("True", "true") == typed
    assert len(kind_visitor.get("/kinds/1/history/").soup.select(".timeline-line")) == 3


NULLS = text("SELECT count(*) FROM kinds WHERE document IS NULL")


@pytest.mark.parametrize("typed", ["", "null"])
def test_an_emptied_document_is_null_in_the_database(
    kind_app: Flask, kind_visitor: Visitor, typed: str
) -> None:
    keep(kind_app, document=[1])
    assert save(kind_visitor, document=typed).status == 303
    with kind_app.app_context():
        assert db.session.scalar(NULLS) == 1


def test_a_document_that_was_never_written_is_too(kind_app: Flask, kind_visitor: Visitor) -> None:
    page = kind_visitor.get("/kinds/add/").form().submit("_continue")
    assert page.status == 303, page.errors
    with kind_app.app_context():
        assert db.session.scalar(NULLS) == 1
        assert db.session.scalar(select(Kind.needed)) == {}


def test_json_is_shown_with_its_keys_in_their_order(kind_app: Flask, kind_visitor: Visitor) -> None:
    keep(kind_app, document={"z": "é", "a": [1]})
    shown = control(kind_visitor.get("/kinds/1/change/"), "document").replace("\r\n", "\n")
    assert shown == '{\n  "z": "é",\n  "a": [\n    1\n  ]\n}'
    assert '{"z": "é", "a": [1]}' in kind_visitor.get("/kinds/").soup.get_text()


def test_the_history_keeps_a_file_by_its_digest_and_of_long_json_the_beginning(
    kind_app: Flask, kind_visitor: Visitor
) -> None:
    keep(kind_app, content=b"old", document=["x" * 11_000], needed={"a": 1})
    form = kind_visitor.get("/kinds/1/change/").form().fill(document="[1]", needed='{"a": true}')
    assert form.submit(content=(BytesIO(b"new"), "a")).status == 303
    with kind_app.app_context():
        entry = db.session.scalars(select(LogEntry).where(LogEntry.name == "kinds")).one()
        changes = {change.field: change for change in changes_of(entry)}
    assert changes["content"].old == {"size": 3, "sha256": sha256(b"old").hexdigest()}
    assert changes["content"].new == {"size": 3, "sha256": sha256(b"new").hexdigest()}
    assert (changes["document"].kind, changes["document"].new) == ("json", [1])
    assert len(changes["document"].old) == 10_000
    assert (changes["needed"].kind, changes["needed"].old) == ("json", {"a": 1})
    assert changes["needed"].new["a"] is True
