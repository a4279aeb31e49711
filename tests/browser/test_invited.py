"""Dora from the invitation to the end of her account, in browsers, with mail that lies in a folder."""

import email
import email.policy
from collections.abc import Iterator
from contextlib import ExitStack
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.account.letters import NEW
from tests.browser.server import Site, running_site
from tests.browser.visits import PHONE, Visit, visiting
from tests.conftest import add_user
from tests.pages import PASSWORD

if TYPE_CHECKING:
    from playwright.sync_api import Browser

OTHER = NEW + " 2"


@pytest.fixture
def mailbox(tmp_path: Path) -> Path:
    folder = tmp_path / "mail"
    folder.mkdir()
    return folder


@pytest.fixture
def mailing_site(browser: "Browser", tmp_path: Path, mailbox: Path) -> Iterator[Site]:
    with running_site(tmp_path, MAIL_URL=f"file:{mailbox}") as site:
        yield site


def newest(here: Visit, mailbox: Path, number: int) -> EmailMessage:
    """The last of *number* letters, which come after the answers."""
    here.wait_until(lambda: len([*mailbox.iterdir()]) >= number)
    # Their names tell the second only.
    found = sorted(mailbox.iterdir(), key=lambda path: path.stat().st_mtime_ns)
    assert len(found) == number
    # It is there before it is written.
    here.wait_until(lambda: found[-1].read_bytes().endswith(b"--\r\n") or found[-1].stat().st_size > 500)
    return email.message_from_bytes(found[-1].read_bytes(), policy=email.policy.default)  # type: ignore[return-value]


def link_in(letter: EmailMessage) -> str:
    part = letter.get_body(("plain",))
    assert part is not None
    return next(line for line in part.get_content().splitlines() if line.startswith("http"))


@pytest.mark.parametrize(
    "browser_options",
    [
        pytest.param({}, id="at a desk"),
        pytest.param({"java_script_enabled": False}, id="without JavaScript"),
        pytest.param({"viewport": PHONE, "has_touch": True, "color_scheme": "dark"}, id="on a phone"),
    ],
)
def test_dora_is_invited_works_forgets_recovers_is_demoted_and_deactivated(
    browser: "Browser", mailing_site: Site, mailbox: Path, browser_options: dict[str, Any]
) -> None:
    add_user(mailing_site.app, "alice", is_superuser=True)
    with ExitStack() as stack:
        alice = stack.enter_context(visiting(browser, mailing_site))
        dora = stack.enter_context(visiting(browser, mailing_site, **browser_options))
        alice.sign_in()
        invite(alice)
        begin(dora, link_in(newest(dora, mailbox, 1)))
        forget(dora)
        recover(dora, link_in(newest(dora, mailbox, 2)))
        demote(alice)
        is_shut_out(dora)
        deactivate(alice)
        is_shut_out(dora)


def invite(alice: Visit) -> None:
    alice.open("/users/add/")
    alice.fill(username="dora", email="dora@example.org", full_name="Dora Lima")
    alice.page.get_by_label("Send an invitation").check()
    alice.page.get_by_label("Staff").check()
    alice.page.get_by_label("Superuser").check()
    alice.press("Save")
    assert "dora was added" in alice.message()
    assert alice.column(3) == ["Active", "Invited"]


def begin(dora: Visit, link: str) -> None:
    dora.page.goto(link)
    assert link not in dora.page.url
    dora.fill(password=NEW, password_confirm=NEW)
    dora.press("Set password")
    assert "Your password was set" in dora.message()
    dora.fill(username="dora", password=NEW)
    dora.press("Sign in")
    dora.open("/users/")
    assert dora.column() == ["alice", "dora"]


def forget(dora: Visit) -> None:
    dora.page.context.clear_cookies(name="session")
    dora.open("/login")
    dora.follow("Forgot your password?")
    dora.fill(username="dora@example.org")
    dora.press("Send the link")
    assert "is on its way" in dora.message()


def recover(dora: Visit, link: str) -> None:
    dora.page.goto(link)
    dora.fill(password=OTHER, password_confirm=OTHER)
    dora.press("Set password")
    dora.fill(username="dora", password=OTHER)
    dora.press("Sign in")
    dora.open("/users/")
    assert dora.column() == ["alice", "dora"]


def demote(alice: Visit) -> None:
    alice.open("/users/")
    alice.follow("dora")
    alice.page.get_by_label("Superuser").uncheck()
    alice.press("Save")
    assert "dora was changed" in alice.message()


def deactivate(alice: Visit) -> None:
    alice.open("/users/?q=dora")
    alice.page.get_by_label("Select all on this page").check()
    alice.page.get_by_label("Action", exact=True).select_option("deactivate")
    alice.press("Go")
    alice.press("Deactivate")
    assert "done for dora" in alice.message()


def is_shut_out(dora: Visit) -> None:
    """The next page is the one to sign in, and says so calmly."""
    answer = dora.open("/users/")
    assert answer is not None
    assert answer.status == 200
    assert dora.page.url.endswith("/login?next=/users/")
    assert "Your session has ended" in dora.page.inner_text("main")


def test_an_address_is_confirmed_by_the_new_one_and_a_sign_in_elsewhere_is_told(
    browser: "Browser", mailing_site: Site, mailbox: Path
) -> None:
    add_user(mailing_site.app, "charlie")
    with ExitStack() as stack:
        here = stack.enter_context(visiting(browser, mailing_site))
        elsewhere = stack.enter_context(visiting(browser, mailing_site))
        here.sign_in("charlie")
        here.open("/account/")
        here.follow("Change e-mail address")
        here.fill(email="charlie@example.net")
        here.press("Change e-mail address")
        assert "on its way to charlie@example.net" in here.message()
        newest(here, mailbox, 2)
        letters = [newest_of(path) for path in sorted(mailbox.iterdir())]
        [confirms] = [letter for letter in letters if letter["To"] == "charlie@example.net"]
        elsewhere.page.goto(link_in(confirms))
        elsewhere.press("Confirm the new address")
        assert "Your e-mail address was changed" in elsewhere.message()
        newest(here, mailbox, 3)
        elsewhere.fill(username="charlie", password=PASSWORD)
        elsewhere.press("Sign in")
        told = newest(here, mailbox, 4)
        assert (told["To"], told["Subject"]) == (
            "charlie@example.net",
            "You have signed in with another browser",
        )


def newest_of(path: Path) -> EmailMessage:
    return email.message_from_bytes(path.read_bytes(), policy=email.policy.default)  # type: ignore[return-value]
