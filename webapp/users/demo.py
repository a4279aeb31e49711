"""What the demo holds besides its people: groups, who may what, and what happened in the last weeks."""

import base64
import random
import unicodedata
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Table, select, update

from webapp.admin.history import Change, differences, record, relation_changes, snapshot
from webapp.admin.mapping import describe
from webapp.admin.site import current_site
from webapp.database import now
from webapp.extensions import db, writing
from webapp.users import crowd, grants
from webapp.users.models import Group, User
from webapp.users.passwords import hash_password, verify_password
from webapp.users.plausible import YEARS
from webapp.users.rules import one_at_a_time
from webapp.users.service import find_user
from webapp.web.keys import subkey

USERNAME = "alice"
PEOPLE = 500
EVENTS = 160
WEEKS = 5

# Name, permissions, how many of the 500 belong to it. What a permission here is not known by is left out.
GROUPS: tuple[tuple[str, tuple[str, ...], int], ...] = (
    ("Administrators", ("users.view", "users.add", "users.change", "users.delete", "groups.change"), 5),
    ("Auditors", ("users.view", "groups.view"), 9),
    ("Front desk", ("users.view",), 60),
    ("Human resources", ("users.view", "users.add", "users.change", "groups.view"), 14),
    ("Support", ("users.view", "users.change"), 32),
    ("Volunteers", (), 130),
)


def password() -> str:
    """Alice's: another for each SECRET_KEY, so that it can be printed again and is nowhere a known one."""
    text = base64.b32encode(subkey("alice of the demo")).decode().lower()[:20]
    return "-".join(text[start : start + 5] for start in range(0, 20, 5))


def is_there() -> bool:
    """Whether this database is a demo: there is Alice, with its password."""
    alice = find_user(USERNAME)
    return alice is not None and alice.is_superuser and verify_password(alice.password, password())


def fill() -> None:
    """Make up everything, in one transaction, in a database without people."""
    alices, nobodys = hash_password(password()), crowd.hash_nobody_knows()
    with writing():
        one_at_a_time(db.session(), None)
        moment = now()
        alice = User(
            username=USERNAME,
            email=f"{USERNAME}@example.org",
            full_name="Alice Almeida",
            password=alices,
            is_staff=True,
            is_superuser=True,
            created_at=moment - timedelta(days=365 * YEARS),
        )
        db.session.add(alice)
        db.session.flush()
        crowd.insert_people(PEOPLE - 1, nobodys)
        _Story(moment, alice).tell()


#: Through what each kind of thing is done; signing in is through nothing.
WAYS = {**dict.fromkeys(("add", "change", "delete", "password"), "form"), "add_to_group": "action"}


class _Story:
    """What happened, in the order of time: entries are written once and read by their number."""

    def __init__(self, until: datetime, alice: User) -> None:
        self.until = until
        self.chance = random.Random(7)  # noqa: S311 - nobody is to be kept from guessing it
        self.start = until - timedelta(weeks=WEEKS)
        others = db.session.scalars(select(User).where(User.id != alice.id).order_by(User.id)).all()
        # Nothing happened to anybody before being there, and nobody did anything.
        self.people = [one for one in others if one.created_at < self.start]
        self.newcomers = [one for one in others if one.created_at >= self.start]
        # Who does things: Alice, and the members of groups that may.
        self.desk = [alice]

    def tell(self) -> None:
        self._note("seed", self.desk[0], None, self.start, label=f"{PEOPLE} users")
        self._make_groups()
        length = int((self.until - self.start).total_seconds())
        moments = [
            self.until - timedelta(seconds=self.chance.randrange(60, length)) for _number in range(EVENTS)
        ]
        events = [*((moment, None) for moment in moments), *((one.created_at, one) for one in self.newcomers)]
        kinds: list[Callable[[User, User, datetime], None]] = [
            self._signs_in,
            self._is_renamed,
            self._is_closed,
            self._joins,
            self._is_granted,
            self._gets_a_password,
            self._chooses,
        ]
        for moment, newcomer in sorted(events, key=lambda event: event[0]):
            actor, target = self.chance.choice(self.desk), self.chance.choice(self.people)
            if newcomer is not None:
                self._note("add", newcomer, actor, moment, {})
                continue
            self.chance.choices(kinds, (40, 18, 8, 16, 5, 5, 8))[0](actor, target, moment)

    def _make_groups(self) -> None:
        known = current_site().permissions()
        founded = self.until - timedelta(days=800)
        active = [one for one in self.people if one.is_active]
        for name, wanted, size in GROUPS:
            group = Group(name=name, created_at=founded, updated_at=founded)
            grants.apply(group, [word for word in wanted if word in known])
            db.session.add(group)
            members = self.chance.sample(active, size)
            for member in members:
                member.groups.append(group)
                member.is_staff = member.is_staff or bool(wanted)
                member.updated_at = member.created_at + timedelta(hours=1)
            if "users.change" in wanted:
                self.desk += members
            db.session.flush()
            self._note("add", group, None, self.start, {})

    def _signs_in(self, actor: User, _target: User, moment: datetime) -> None:
        users = cast(Table, User.__table__)
        values = {"last_login_at": moment, "updated_at": users.c.updated_at}
        db.session.execute(update(users).where(users.c.id == actor.id).values(values))
        self._note("sign-in", actor, actor, moment)

    def _is_renamed(self, actor: User, target: User, moment: datetime) -> None:
        """Two families have become one."""
        name, other = target.full_name, self.chance.choice(self.people).full_name.split(" ")[-1]
        if name.count(" ") == 1 and _is_latin(name) and _is_latin(other):
            self._change(actor, target, moment, full_name=f"{name} {other}")

    def _is_closed(self, actor: User, target: User, moment: datetime) -> None:
        if target not in self.desk:
            self._change(actor, target, moment, is_active=not target.is_active)

    def _chooses(self, _actor: User, _target: User, moment: datetime) -> None:
        # Not Alice: whoever signs in as her sees what the device asks for.
        actor = self.chance.choice(self.desk[1:])
        theme = self.chance.choice([one for one in ("auto", "light", "dark") if one != actor.theme])
        self._change(actor, actor, moment, theme=theme)

    def _joins(self, actor: User, target: User, moment: datetime) -> None:
        group = db.session.scalar(select(Group).where(Group.name == "Volunteers"))
        if group is not None and group not in target.groups:
            target.groups.append(group)
            self._keep(actor, target, moment, "add_to_group")

    def _is_granted(self, actor: User, target: User, moment: datetime) -> None:
        if grants.apply(target, grants.granted_to(target) | {"groups.view"}):
            self._keep(actor, target, moment, "change")

    def _gets_a_password(self, actor: User, target: User, moment: datetime) -> None:
        self._note("password", target, actor, moment, related=[Change("password", "secret")])

    def _change(self, actor: User, target: User, moment: datetime, **values: object) -> None:
        before = snapshot(describe(User), target)
        for name, value in values.items():
            setattr(target, name, value)
        self._keep(actor, target, moment, "change", before)

    def _keep(
        self, actor: User, target: User, moment: datetime, verb: str, before: dict[str, Any] | None = None
    ) -> None:
        """Write what is on *target* with its entry, as it was at that *moment*."""
        info = describe(User)
        related = relation_changes(info, target)
        target.updated_at = moment
        db.session.flush()
        after = snapshot(info, target)
        self._note(verb, target, actor, moment, before or after, related)

    def _note(
        self,
        verb: str,
        obj: User | Group,
        actor: User | None,
        moment: datetime,
        before: dict[str, Any] | None = None,
        related: Sequence[Change] = (),
        label: str = "",
    ) -> None:
        info = describe(type(obj))
        changes = related if before is None else differences(info, before, snapshot(info, obj), related)
        name = "users" if isinstance(obj, User) else "groups"
        entry = record(
            db.session(),
            verb=verb,
            name=name,
            key=info.key_of(obj),
            label=label or str(obj),
            actor=actor,
            changes=changes,
        )
        entry.at, entry.origin = moment, "web" if actor else "cli"
        way = "account" if actor is obj and verb == "change" else WAYS.get(verb)
        entry.through = way if actor else None
        db.session.flush()


def _is_latin(name: str) -> bool:
    return unicodedata.name(name[0]).startswith("LATIN")
