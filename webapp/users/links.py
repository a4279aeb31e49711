"""Links by which a person sets a new password: signed, for an hour or as long as the settings say, and for once.

A link is derived from what the account is, so it needs no table and dies by itself: with the first use, with any other
new password, with a sign-in, with another e-mail address, with the account's being closed or deleted. One that somebody
gave may have been seen by him, so it lasts while he may touch the person: who kept it does not climb by it when the
person rises.
"""

from typing import Any, NamedTuple

from flask import url_for

from webapp.mail import Recipient, post
from webapp.running import current_app
from webapp.texts import lazy_gettext as _l
from webapp.users.models import User
from webapp.users.rules import still_counts
from webapp.users.service import find_number
from webapp.web.keys import keyed_hash, keyed_hashes, read_signed, sign

#: Asked for by whoever says to have forgotten the password, and given by somebody who looks after people.
FORGOTTEN, GIVEN = "password link: forgotten", "password link: given"
HOUR = 3600


class Opened(NamedTuple):
    """:ivar compared: the stored hash that the link is for, so that of two who use it at once one is told so.
    :ivar giver: who gave it, if it was not the person or the command line."""

    user: User
    compared: str
    giver: User | None


def password_link(user: User, purpose: str, giver: User | None = None) -> str:
    """The whole address, made from BASE_URL and never from what a request says its host is (CVE-2012-4520)."""
    token = sign(purpose, [user.id, giver and giver.id, keyed_hash(*_state(user))])
    return site_address("account.open_link", token=token)


def site_address(endpoint: str, **values: Any) -> str:
    """The whole address of a page, as a letter needs it."""
    with current_app.test_request_context(base_url=str(current_app.config["BASE_URL"])):
        return url_for(endpoint, **values, _external=True)


def open_password_link(token: str) -> Opened | None:
    """Whose password *token* sets now; ``None`` when it is none, too old, used, or of an account that has changed."""
    for purpose in (FORGOTTEN, GIVEN):
        value = read_signed(purpose, token, hours(purpose) * HOUR)
        if value is None:
            continue
        number, giver_id, state = value
        user, giver = find_number(number), giver_id and find_number(giver_id)
        if user is None or not user.is_active or state not in keyed_hashes(*_state(user)):
            continue
        if giver_id is None or still_counts(giver, user):
            return Opened(user, str(user.password), giver)
    return None


def hours(purpose: str) -> int:
    given: int = current_app.config["PASSWORD_LINK_HOURS"]
    return 1 if purpose == FORGOTTEN else given


def post_password_link(user: User, purpose: str, giver: User | None = None) -> None:
    """Send *user* a link by mail, after the answer."""
    is_invited = purpose == GIVEN and user.invited_at is not None
    post(
        Recipient(user.email, user.full_name, user.locale),
        "password_link",
        _l("Your invitation") if is_invited else _l("Set your password"),
        link=password_link(user, purpose, giver),
        hours=hours(purpose),
        username=user.username,
        is_asked_for=purpose == FORGOTTEN,
        is_invited=is_invited,
    )


def _state(user: User) -> tuple[str, ...]:
    signed_in = user.last_login_at.isoformat() if user.last_login_at else ""
    return ("password link", str(user.id), str(user.password), user.email, signed_in)
