"""What is signed or hashed for one purpose is nothing for another, and former keys are read."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from itsdangerous import BadSignature, TimestampSigner

import webapp
from tests.web.small import SECRET_KEY
from webapp.web.keys import SteadySigner, keyed_hash, keyed_hashes, read_signed, sign, subkey, subkeys

NEW_KEY = "another key for tests: 4bWc8xNq1Zs6Ty0K"
PURPOSES = ("typed", "known browser", "detour", "submission", "form token", "names", "type", "typedx", "")


@pytest.fixture
def context() -> Iterator[Flask]:
    app = Flask(__name__)
    app.config.update(SECRET_KEY=SECRET_KEY, SECRET_KEY_FALLBACKS=[])
    with app.app_context():
        yield app


def change_key(app: Flask, *former: str) -> None:
    app.config.update(SECRET_KEY=NEW_KEY, SECRET_KEY_FALLBACKS=[*former])


@pytest.mark.usefixtures("context")
def test_no_two_purposes_have_one_key_and_none_has_the_secret_key_itself() -> None:
    """CF-02."""
    found = {subkey(purpose) for purpose in PURPOSES}
    assert len(found) == len(PURPOSES)
    assert SECRET_KEY.encode() not in found
    assert {len(key) for key in found} == {32}


def test_nobody_takes_the_secret_key_itself_but_who_judges_it_and_flasks_session() -> None:
    """CF-02."""
    package = Path(webapp.__file__).parent
    reads = re.compile(r"""\bsecret_key\b|\[["']SECRET_KEY["']\]""")
    found = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if reads.search(path.read_text())
    }
    assert found == {"deployment/serving.py", "web/headers.py", "web/keys.py"}


@pytest.mark.usefixtures("context")
def test_what_is_signed_for_one_purpose_is_refused_for_every_other() -> None:
    """CF-02."""
    for made_for in PURPOSES:
        text = sign(made_for, [1, "x"])
        accepted = [purpose for purpose in PURPOSES if read_signed(purpose, text, 60) is not None]
        assert accepted == [made_for]


def test_what_a_former_key_signed_is_read_until_that_key_is_taken_out(context: Flask) -> None:
    """SE-15."""
    texts: dict[str, str] = {purpose: sign(purpose, purpose) for purpose in PURPOSES}
    change_key(context, SECRET_KEY)
    assert [read_signed(purpose, text, 60) for purpose, text in texts.items()] == [*PURPOSES]
    change_key(context)
    assert {read_signed(purpose, text, 60) for purpose, text in texts.items()} == {None}


def test_todays_key_signs_and_not_a_former_one(context: Flask) -> None:
    """SE-15, CVE-2025-47278."""
    change_key(context, SECRET_KEY)
    text = sign("typed", 1)
    change_key(context)
    assert read_signed("typed", text, 60) == 1
    assert subkeys("typed")[-1] == subkey("typed")


def test_a_name_under_a_former_key_is_among_the_names(context: Flask) -> None:
    before = keyed_hash("account", "alice")
    change_key(context, SECRET_KEY)
    assert keyed_hash("account", "alice") != before
    assert keyed_hashes("account", "alice") == {before, keyed_hash("account", "alice")}


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize("parts", [("a", "bc"), ("abc",), ("a\0b", "c"), ("a", "b\0c"), ("1:ab", "c")])
def test_no_two_lists_of_parts_have_one_name(parts: Any) -> None:
    assert keyed_hash(*parts) != keyed_hash("ab", "c")


@pytest.mark.parametrize("derivation", ["hmac", "concat", "django-concat", "none"])
def test_a_signer_that_derives_its_key_once_signs_as_any_other(derivation: str) -> None:
    for secret, salt in ((SECRET_KEY, "a"), (NEW_KEY, "a"), (NEW_KEY, "b"), ([SECRET_KEY, NEW_KEY], "b")):
        one = SteadySigner(secret, salt, key_derivation=derivation, digest_method=hashlib.sha256)
        other = TimestampSigner(secret, salt, key_derivation=derivation, digest_method=hashlib.sha256)
        for _again in range(2):
            assert one.derive_key() == other.derive_key()
            assert one.derive_key(SECRET_KEY) == other.derive_key(SECRET_KEY)
        assert one.unsign(other.sign("text")) == other.unsign(one.sign("text")) == b"text"
    with pytest.raises(BadSignature):
        SteadySigner(SECRET_KEY, "a").unsign(TimestampSigner(NEW_KEY, "a").sign("text"))
