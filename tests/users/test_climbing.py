"""No sequence of what somebody may do raises anybody beyond what he holds himself, nor touches who holds more."""

import re
from typing import Any, NamedTuple

from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test
from sqlalchemy import select

from tests.account.browsers import unconfirmed
from tests.conftest import add_user, signed_in
from tests.engines import empty_tables
from tests.pages import PASSWORD, Page, Visitor
from tests.shares import examples
from tests.users.groups import KEEPER, add_group
from webapp.account.models import UserSession
from webapp.admin.history import LogEntry
from webapp.admin.permissions import with_implied
from webapp.extensions import db
from webapp.users.admin import UserAdmin
from webapp.users.grants import apply
from webapp.users.models import Group, User

NEW = "pomar de figos maduros"
WORDS = st.sets(st.sampled_from(KEEPER), max_size=3)
NUMBER = st.integers(0, 9)
NUMBERS = st.sets(NUMBER, max_size=3)
# Every action that there is, also those that are added later.
ACTIONS = (*UserAdmin.actions, "delete")


class Person(NamedTuple):
    """Somebody as he is: *row* is everything that is stored of him, *grants* and *groups* what he holds and whence,
    *sessions* where he is signed in."""

    row: tuple[Any, ...]
    rights: tuple[bool, bool, bool]
    grants: frozenset[str]
    groups: frozenset[int]
    permissions: frozenset[str]
    sessions: frozenset[int]


class World(NamedTuple):
    people: dict[str, Person]
    groups: dict[int, tuple[str, frozenset[str]]]


class Climbing(RuleBasedStateMachine):
    """Bob, no superuser, tries everything by the real routes; Alice changes meanwhile what he and others hold.

    AZ-15, AZ-16, AZ-17, AZ-23.
    """

    app: Flask

    def __init__(self) -> None:
        super().__init__()
        with self.app.app_context():
            empty_tables(db.engine)
        alice = add_user(self.app, "alice", is_superuser=True)
        bob = add_user(self.app, "bob", grants=(*KEEPER[:-1], "users.end_sessions"))
        people = [add_user(self.app, f"person{number}") for number in range(3)]
        add_group(self.app, "Readers", ("users.view",), (people[0], bob))
        add_group(self.app, "Deleters", (KEEPER[-1],), (people[1],))
        for person in people:
            signed_in(self.app, person)
        self.visitor = signed_in(self.app, bob)
        self.alice = signed_in(self.app, alice)
        form = self.visitor.get("/account/password/").form()
        self.token = form.fields["csrf_token"]
        self.alices_token = self.alice.get("/account/password/").form().fields["csrf_token"]
        self.added = 0
        self.links: list[str] = []

    # What Alice does

    @rule(number=NUMBER, words=WORDS)
    def alice_grants_a_person(self, number: int, words: set[str]) -> None:
        with self.app.app_context():
            people = db.session.scalars(select(User).where(User.username != "alice").order_by(User.id)).all()
            apply(people[number % len(people)], words)
            db.session.commit()

    @rule(number=NUMBER, words=WORDS)
    def alice_grants_a_group(self, number: int, words: set[str]) -> None:
        with self.app.app_context():
            groups = db.session.scalars(select(Group).order_by(Group.id)).all()
            if groups:
                apply(groups[number % len(groups)], words)
                db.session.commit()

    @rule()
    def alice_gives_bob_everything_but_one(self) -> None:
        with self.app.app_context():
            bob = db.session.scalars(select(User).where(User.username == "bob")).one()
            apply(bob, (*KEEPER[:-1], "users.end_sessions"))
            db.session.commit()

    @rule(number=NUMBER, words=WORDS, groups=NUMBERS)
    def alice_changes_a_person(self, number: int, words: set[str], groups: set[int]) -> None:
        """By the form, so that there is something to take back."""
        _username, key = self._person(number)
        form = self.alice.get(f"/users/{key}/change/").form()
        form.submit(permissions=["", *words], groups=self._groups(groups))

    @rule(number=NUMBER)
    def alice_deletes_a_person(self, number: int) -> None:
        username, key = self._person(number)
        if username != "bob":
            self.alice.post(f"/users/{key}/delete/", {"csrf_token": self.alices_token, "_delete": "1"})

    # What Bob does

    @rule()
    def bob_has_given_no_password_lately(self) -> None:
        """What he sends then waits for it, and is done from what was held."""
        unconfirmed(self.app)

    @rule(number=NUMBER)
    def bob_undoes_something(self, number: int) -> None:
        for entry in self._entries(number):
            page = self.visitor.get(f"/undo/{entry.request_id}/")
            if page.status == 200 and page.forms:
                every = [str(one.id) for one in self._entries_of(entry.request_id)]
                self._submit(page, "_undo", object=every)

    @rule(number=NUMBER, is_whole=st.booleans())
    def bob_restores_something(self, number: int, is_whole: bool) -> None:
        for entry in self._entries(number):
            whole = "&_whole=1" if is_whole else ""
            page = self.visitor.get(f"/{entry.name}/{entry.key}/restore/?_entry={entry.id}{whole}")
            if page.status == 200 and page.forms:
                self._submit(page, "_save", field=["permissions", "groups", "is_superuser", "is_staff"])

    @rule(number=NUMBER, words=WORDS, groups=NUMBERS, rights=st.booleans())
    def bob_changes_a_person(self, number: int, words: set[str], groups: set[int], rights: bool) -> None:
        username, key = self._person(number)
        data = {
            "username": username,
            "email": f"{username}@example.org",
            "full_name": "Touched",
            "is_active": "y",
        }
        data |= {"is_staff": "y", "is_superuser": "y"} if rights else {}
        self._post(f"/users/{key}/change/", data, permissions=["", *words], groups=self._groups(groups))

    @rule(words=WORDS, groups=NUMBERS, rights=st.booleans())
    @precondition(lambda self: self.added < 3)
    def bob_adds_a_person(self, words: set[str], groups: set[int], rights: bool) -> None:
        self.added += 1
        data = {"username": f"new{self.added}", "email": f"new{self.added}@example.org", "is_active": "y"}
        data |= {"password": NEW, "password_confirm": NEW}
        data |= {"is_staff": "y", "is_superuser": "y"} if rights else {}
        self._post("/users/add/", data, permissions=["", *words], groups=self._groups(groups))

    @rule(number=NUMBER)
    def bob_sets_a_password(self, number: int) -> None:
        _username, key = self._person(number)
        self._post(f"/users/{key}/password/", {"password": NEW, "password_confirm": NEW})

    @rule(number=NUMBER)
    def bob_ends_the_sessions_of_a_person(self, number: int) -> None:
        _username, key = self._person(number)
        self._post(f"/users/{key}/sessions/", {"all": "1"})

    @rule(number=NUMBER)
    def bob_gets_a_password_link(self, number: int) -> None:
        """It is shown to him, because no mail is sent, and he keeps it."""
        _username, key = self._person(number)
        self._post(f"/users/{key}/link/", {})

    @rule(number=NUMBER)
    @precondition(lambda self: self.links)
    def bob_uses_a_link_that_he_kept(self, number: int) -> None:
        stranger = Visitor(self.app)
        page = stranger.get(self.links[number % len(self.links)], follow=True)
        if page.address == "/account/set-password/":
            self._submit(page, "_save", password=NEW, password_confirm=NEW)

    @rule(number=NUMBER)
    def bob_deletes_a_person(self, number: int) -> None:
        _username, key = self._person(number)
        self._post(f"/users/{key}/delete/", {})

    @rule(words=WORDS, number=NUMBER)
    def bob_changes_a_group(self, words: set[str], number: int) -> None:
        for key in self._groups({number}):
            self._post(f"/groups/{key}/change/", {"name": f"Group {key}"}, permissions=["", *words])

    @rule(words=WORDS)
    @precondition(lambda self: self.added < 3)
    def bob_adds_a_group(self, words: set[str]) -> None:
        self.added += 1
        self._post("/groups/add/", {"name": f"New {self.added}"}, permissions=["", *words])

    @rule(number=NUMBER)
    def bob_deletes_a_group(self, number: int) -> None:
        for key in self._groups({number}):
            self._post(f"/groups/{key}/delete/", {})

    @rule(action=st.sampled_from(ACTIONS), numbers=NUMBERS, number=NUMBER)
    def bob_acts_on_several(self, action: str, numbers: set[int], number: int) -> None:
        keys = [self._person(one)[1] for one in numbers]
        group = next(iter(self._groups({number})), "")
        data = {"action": action, "_confirm": "1", "_count": str(len(set(keys))), "group": group}
        self._post("/users/action/", data, selected=keys)

    @rule(numbers=NUMBERS)
    def bob_deletes_several_groups(self, numbers: set[int]) -> None:
        keys = self._groups(numbers)
        data = {"action": "delete", "_confirm": "1", "_count": str(len(keys))}
        self._post("/groups/action/", data, selected=keys)

    # What must hold after each of his steps

    def _post(self, address: str, data: dict[str, Any], **lists: list[str]) -> None:
        before = self._world()
        data = {"csrf_token": self.token, "_save": "1", "_version": self._version(address), **data, **lists}
        page = self._gone_on(self.visitor.post(address, data))
        assert page.status in (303, 200, 400, 401, 403, 404, 409, 422), page.status
        self.links += re.findall(r"/account/set-password/[^<\s]+", page.text)
        self._check(before, self._world())

    def _submit(self, page: Page, button: str, **forged: Any) -> None:
        before = self._world()
        answer = self._gone_on(page.form().submit(button, **forged))
        assert answer.status in (303, 401, 409, 422)
        self._check(before, self._world())

    def _gone_on(self, page: Page) -> Page:
        """Give the password where it is asked for, but not to shut himself out, which would be the end of it; and go to
        the own page where something is only done there."""
        if page.status == 307:
            page = self.visitor.post(page.location, {"csrf_token": self.token, "all": "1"})
        if page.status != 401 or "the account that you are using" in page.text:
            return page
        return page.form("/account/confirm/").fill(password=PASSWORD).submit("_confirm")

    def _check(self, before: World, after: World) -> None:
        # Who may change may also see, so that "see" is his to hand on.
        held = with_implied(before.people["bob"].permissions)
        for name, person in after.people.items():
            was = before.people.get(name)
            assert person.permissions <= (was.permissions if was else frozenset()) | held, name
            assert was is not None or person.rights == (True, False, False), name
            assert was is None or person.rights[1:] == was.rights[1:], name
        for name, person in before.people.items():
            if person.rights[2] or not person.permissions <= held:
                assert after.people.get(name) == person, name
        assert after.people["bob"].permissions <= held
        assert after.people["bob"].grants <= before.people["bob"].grants
        assert after.people["bob"].rights == before.people["bob"].rights
        for key, (name, words) in before.groups.items():
            if not words <= held:
                assert after.groups.get(key) == (name, words)

    def _world(self) -> World:
        with self.app.app_context():
            people = {
                user.username: Person(
                    tuple(getattr(user, column.key) for column in User.__table__.columns),
                    (user.is_active, user.is_staff, user.is_superuser),
                    frozenset(grant.permission for grant in user.grants),
                    frozenset(group.id for group in user.groups),
                    user.permissions,
                    frozenset(
                        db.session.scalars(select(UserSession.id).where(UserSession.user_id == user.id))
                    ),
                )
                for user in db.session.scalars(select(User))
            }
            groups = {
                group.id: (group.name, frozenset(grant.permission for grant in group.grants))
                for group in db.session.scalars(select(Group))
            }
            return World(people, groups)

    def _version(self, address: str) -> str:
        """The present version of the row whose page this is, so that no step fails for being late."""
        _, name, key, *_rest = address.split("/")
        model = {"users": User, "groups": Group}[name]
        with self.app.app_context():
            return (
                str(db.session.scalar(select(model.version).where(model.id == int(key))))
                if key.isdecimal()
                else ""
            )

    def _entries(self, number: int) -> list[LogEntry]:
        """One of the last entries about people and groups, if there is any."""
        told = select(LogEntry).where(LogEntry.name.in_(("users", "groups"))).order_by(LogEntry.id.desc())
        with self.app.app_context():
            found = db.session.scalars(told.limit(10)).all()
        return [found[number % len(found)]] if found else []

    def _entries_of(self, request_id: str) -> list[LogEntry]:
        with self.app.app_context():
            return list(db.session.scalars(select(LogEntry).where(LogEntry.request_id == request_id)))

    def _person(self, number: int) -> tuple[str, str]:
        with self.app.app_context():
            people = db.session.execute(select(User.username, User.id).order_by(User.id)).all()
        username, key = people[number % len(people)]
        return username, str(key)

    def _groups(self, numbers: set[int]) -> list[str]:
        with self.app.app_context():
            keys = db.session.scalars(select(Group.id).order_by(Group.id)).all()
        return [str(key) for number, key in enumerate(keys) if number in numbers]


def test_nobody_climbs_by_any_sequence_of_requests(app: Flask) -> None:
    machine = type("Machine", (Climbing,), {"app": app})
    few = settings(
        max_examples=examples(12), stateful_step_count=12, deadline=None, suppress_health_check=[*HealthCheck]
    )
    run_state_machine_as_test(machine, settings=few)
