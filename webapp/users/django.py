"""People and groups out of Django's ``dumpdata``: judged as a whole, and then written as a whole or not at all."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from webapp.admin.history import differences, record, snapshot, together
from webapp.admin.mapping import describe
from webapp.admin.site import current_site
from webapp.database import fold, now
from webapp.extensions import db, writing
from webapp.users.foreign import lacks_library
from webapp.users.forms import UserForm, with_columns
from webapp.users.models import Group, GroupGrant, User, UserGrant
from webapp.users.passwords import UNUSABLE, PasswordHash
from webapp.users.rules import one_at_a_time


class NoDump(Exception):
    """What was read is not what ``dumpdata`` writes; its text says why."""


@dataclass
class Plan:
    """What is to be written, and what stands in the way.

    :ivar problems: each a sentence; with one of them nothing is written. :ivar notes: what does not come along.
    """

    people: list[dict[str, Any]] = field(default_factory=list)
    groups: dict[str, set[str]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read(dump: Any, user_model: str = "auth.user") -> Plan:
    """:raises NoDump: when it is none, or holds nobody."""
    rows = _by_model(dump)
    plan, words = Plan(), _Words(rows)
    names: dict[Any, str] = {}
    for row in rows.get("auth.group", ()):
        name = names[_hashable(row.get("pk"))] = str(row["fields"].get("name", ""))
        plan.groups[name] = words.of(_list(row["fields"], "permissions"))
    people = rows.get(user_model.lower(), [])
    if not people:
        known = ", ".join(sorted(rows)) or "nothing"
        raise NoDump(
            f"There is no {user_model} in it, but {known}. Name the model of the users: --user-model app.user"
        )
    for row in people:
        plan.people.append(_person(plan, row["fields"], names, words))
    _judge(plan)
    plan.notes += words.unknown()
    return plan


def write(plan: Plan) -> None:
    """Write *plan*, which has no problems, in one transaction with an entry for each group and person."""
    with writing():
        one_at_a_time(db.session(), None)
        groups = {fold(group.name): group for group in db.session.scalars(select(Group))}
        made: list[User | Group] = []
        for name, permissions in plan.groups.items():
            if fold(name) not in groups:
                groups[fold(name)] = Group(
                    name=name, grants=[GroupGrant(permission=one) for one in sorted(permissions)]
                )
                made.append(groups[fold(name)])
        for values in plan.people:
            values = dict(values)
            joined, granted = values.pop("groups"), values.pop("permissions")
            user = User(**values)
            user.groups = [groups[fold(name)] for name in joined]
            user.grants = [UserGrant(permission=one) for one in sorted(granted)]
            made.append(user)
        db.session.add_all(made)
        db.session.flush()
        with together(db.session()):
            for one in made:
                info = describe(type(one))
                name = "users" if isinstance(one, User) else "groups"
                changes = differences(info, {}, snapshot(info, one))
                record(
                    db.session(), verb="add", name=name, key=info.key_of(one), label=str(one), changes=changes
                )


def _by_model(dump: Any) -> dict[str, list[dict[str, Any]]]:
    rows: dict[str, list[dict[str, Any]]] = {}
    if not isinstance(dump, list):
        raise NoDump("It is not what manage.py dumpdata writes: a list of objects.")
    for row in dump:
        if not isinstance(row, dict) or not isinstance(row.get("fields"), dict) or "model" not in row:
            raise NoDump("It is not what manage.py dumpdata writes: an object lacks its model or its fields.")
        rows.setdefault(str(row["model"]).lower(), []).append(row)
    return rows


def _person(plan: Plan, fields: dict[str, Any], names: dict[Any, str], words: "_Words") -> dict[str, Any]:
    username, full_name = (
        str(fields.get("username") or ""),
        [fields.get("first_name"), fields.get("last_name")],
    )
    joined = _moment(fields.get("date_joined")) or now()
    groups = [_group(one, names) for one in _list(fields, "groups")]
    if not all(fold(one) in {fold(name) for name in plan.groups} for one in groups):
        plan.problems.append(f"{username}: is in a group that the file does not hold; dump auth.group too.")
    return {
        "username": fold(username),
        "email": str(fields.get("email") or ""),
        "full_name": " ".join(str(one).strip() for one in full_name if one)[:150],
        "password": _password(plan, username, str(fields.get("password") or "")),
        "is_active": bool(fields.get("is_active", True)),
        "is_staff": bool(fields.get("is_staff", False)),
        "is_superuser": bool(fields.get("is_superuser", False)),
        "last_login_at": _moment(fields.get("last_login")),
        "created_at": joined,
        "groups": list(dict.fromkeys(groups)),
        "permissions": words.of(_list(fields, "user_permissions")),
    }


def _group(one: Any, names: dict[Any, str]) -> str:
    """The name of a group that is referred to by its number or by its name in a list; empty where there is none."""
    return str(one[0]) if isinstance(one, list) and one else names.get(_hashable(one), "")


def _list(fields: dict[str, Any], name: str) -> list[Any]:
    value = fields.get(name)
    return value if isinstance(value, list) else []


def _password(plan: Plan, username: str, text: str) -> PasswordHash:
    if lacks_library(text):
        plan.problems.append(f"{username}: the password needs the package bcrypt: pip install bcrypt")
        return UNUSABLE
    if PasswordHash(text).is_usable and len(text) <= 255:
        return PasswordHash(text)
    if text and not text.startswith("!"):
        kind = text.partition("$")[0] if "$" in text else "unknown"
        plan.notes.append(
            f"{username}: the password comes not along ({kind[:20]!r} is not read here); send a link."
        )
    return UNUSABLE


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value)) if value else None
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment


def _judge(plan: Plan) -> None:
    """Add what stands in the way: what no form would take, and names that are taken."""
    form_class = with_columns(UserForm, username="username", email="email", full_name="name")
    for person in plan.people:
        form = form_class(
            MultiDict({n: person[n] for n in ("username", "email", "full_name")}), meta={"csrf": False}
        )
        form.validate()
        who = person["username"] or "?"
        plan.problems += [f"{who}: {one.label.text}: {error}" for one in form for error in one.errors]
    for name in ("username", "email"):
        said: Counter[str] = Counter(fold(person[name]) for person in plan.people if person[name])
        taken = _taken(name, said)
        plan.problems += [
            f"{text}: {name} of {count} people in the file." for text, count in said.items() if count > 1
        ]
        plan.problems += [f"{text}: somebody here has this {name} already." for text in sorted(taken)]
    twice = Counter(map(fold, plan.groups))
    plan.problems += [f"{name}: name of {count} groups." for name, count in twice.items() if count > 1]
    plan.problems += [
        "A group has no name, or one of more than 150 characters."
        for n in plan.groups
        if not 0 < len(n) <= 150
    ]
    here = {fold(name) for name in db.session.scalars(select(Group.name))}
    plan.notes += [
        f"The group {n} is here already, and keeps what it grants." for n in plan.groups if fold(n) in here
    ]


def _taken(name: str, values: Iterable[str]) -> set[str]:
    column, wanted = getattr(User, name), list(values)
    found: set[str] = set()
    for start in range(0, len(wanted), 500):
        found |= set(db.session.scalars(select(column).where(column.in_(wanted[start : start + 500]))))
    return found


class _Words:
    """Django's permissions as our words, where there are such, and how often others were asked for."""

    def __init__(self, rows: dict[str, list[dict[str, Any]]]) -> None:
        types = {
            row.get("pk"): (str(row["fields"].get("app_label")), str(row["fields"].get("model")))
            for row in rows.get("contenttypes.contenttype", ())
        }
        self._named: dict[Any, tuple[str, str, str]] = {}
        for row in rows.get("auth.permission", ()):
            of = row["fields"].get("content_type")
            app, model = of if isinstance(of, list) and len(of) == 2 else types.get(of, ("", ""))
            self._named[row.get("pk")] = (str(row["fields"].get("codename")), str(app), str(model))
        self._known = current_site().permissions()
        self._models = {}
        for model_admin in current_site():
            self._models[model_admin.info.model.__name__.lower()] = model_admin.name
        self._unknown: Counter[str] = Counter()

    def of(self, permissions: Any) -> set[str]:
        """The words of *permissions*, which are numbers or ``[codename, app, model]``."""
        return {word for one in permissions if (word := self._word(one))}

    def _word(self, one: Any) -> str | None:
        found = (
            tuple(map(str, one))
            if isinstance(one, list) and len(one) == 3
            else self._named.get(_hashable(one))
        )
        if found is None:
            self._unknown[f"number {one} (dump auth.permission and contenttypes too)"] += 1
            return None
        codename, app, model = found
        word = f"{self._models.get(model.lower(), model)}.{codename.partition('_')[0]}"
        if word in self._known:
            return word
        self._unknown[f"{app}.{codename}"] += 1
        return None

    def unknown(self) -> list[str]:
        return [
            f"The permission {name} means nothing here ({n} times)."
            for name, n in sorted(self._unknown.items())
        ]


def _hashable(one: Any) -> Any:
    return one if isinstance(one, int | str) else None
