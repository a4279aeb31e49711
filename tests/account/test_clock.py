"""A clock that jumps by a day makes nobody wait for ever, and breaks no page."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from tests.pages import Visitor
from webapp.users.models import User

NOON = datetime(2031, 5, 4, 12, tzinfo=UTC)
PAGES = ("/", "/users/", "/account/", "/login")


@pytest.mark.parametrize("jump", [timedelta(days=1), timedelta(days=-1)], ids=str)
def test_a_clock_that_jumps_a_day_breaks_nothing_and_locks_nobody_out(
    stranger: Visitor, bob: User, jump: timedelta
) -> None:
    """OP-05: a session may end by it; signing in anew works, and so does everything when the clock is right again."""
    with time_machine.travel(NOON, tick=False):
        assert stranger.sign_in("bob").status == 303
    for moment in (NOON + jump, NOON + timedelta(minutes=1)):
        with time_machine.travel(moment, tick=False):
            assert {stranger.get(page).status for page in PAGES} <= {200, 303}
            if stranger.get("/users/").status != 200:
                assert stranger.sign_in("bob").status == 303
            assert stranger.get("/users/").status == 200


def test_a_clock_that_was_a_day_ahead_opens_no_session_for_ever(stranger: Visitor, bob: User) -> None:
    """OP-05."""
    with time_machine.travel(NOON + timedelta(days=1), tick=False):
        assert stranger.sign_in("bob").status == 303
    with time_machine.travel(NOON + timedelta(days=1, hours=13), tick=False):
        assert stranger.get("/users/").status == 303
