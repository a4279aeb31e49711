"""A field that leads to another row: a select while there are few to choose from, else its key and a page to choose.

What a person may choose is what exists for him: the other admin's ``query(user)`` and its permission ``view``. What is
there already stays, whoever looks, until somebody takes it off.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cached_property
from typing import Any

from flask_wtf import FlaskForm
from markupsafe import Markup, escape
from sqlalchemy import inspect, select
from wtforms import Field
from wtforms.validators import StopValidation

from webapp.admin.editing.choices import few_objects
from webapp.admin.editing.lookupbox import LookupBox
from webapp.admin.editing.sought import read_choices
from webapp.admin.editing.tags import written
from webapp.admin.info import RelationInfo
from webapp.admin.loading import related, with_options
from webapp.admin.mapping import text_of
from webapp.admin.options import ModelAdmin
from webapp.admin.permissions import may
from webapp.admin.values import encode_key
from webapp.extensions import db
from webapp.texts import format_decimal
from webapp.texts import gettext as _
from webapp.web.addresses import address

# A select of more is a list to scroll through, and a page that grows with the table.
MAX_CHOICES = 50
# So many are asked for in one statement.
MAX_ASKED = 500

_known: "ContextVar[Mapping[tuple[str, str], Any]]" = ContextVar("known", default={})  # noqa: B039 - never written to


class RelatedField(Field):
    """The object that a relation leads to; a form carries its key.

    The form's ``meta`` says the rest: ``user``, who chooses; ``holder``, whose relation it is, or of a copy whose it
    was, ``None`` of a new object; ``is_copy``, what there is belongs to another object, which stays as it is.

    :param target: the admin of the other model.
    """

    def __init__(
        self,
        label: Any = None,
        validators: Any = None,
        *,
        relation: RelationInfo,
        target: ModelAdmin,
        **options: Any,
    ) -> None:
        super().__init__(label, validators, **options)
        self.relation = relation
        self.target = target
        said: Any = self.meta
        self.user, self.holder, self.is_copy = said.user, said.holder, said.is_copy
        #: It is a select while there are at most as many; none where it is always searched for.
        self.most_choices = MAX_CHOICES
        #: What a select offers; ``None`` where there is too much for one.
        self.choices: list[Any] | None = None
        #: A relation to many leads to very many: as far as anybody has told.
        self.is_long = False
        #: The page to choose from.
        self.lookup_href = ""
        #: Where its form is sent.
        self.action = ""
        #: Where it is one of many like it, in rows: the ids of the texts that stand once around them all. Each way has
        #: one, ``tab`` is what says that a link opens in a new tab, ``row`` what its row is called.
        self.around: dict[str, str] = {}
        #: The buttons to the other form stand beside it.
        self.has_ways = True

    @property
    def may_choose(self) -> bool:
        return may(self.user, self.target, "view")

    @property
    def closed(self) -> str:
        """What is said to those who may not choose."""
        permission = f"{self.target.name}.view"
        return str(_("To choose here takes the permission “%(permission)s”.", permission=permission))

    @property
    def value(self) -> Any:
        """What is to be written."""
        return self.data

    @property
    def is_changed(self) -> bool:
        """Whether something else shall be there than is."""
        return bool(self.data != self.object_data)

    def process_formdata(self, valuelist: list[str]) -> None:
        if not valuelist:
            # Nothing was sent, which no browser does: it stays, as a column would.
            return
        keys = list(dict.fromkeys(key.strip() for key in valuelist if key.strip()))
        if len(keys) > 1:
            raise ValueError(_("At most %(count)s can be chosen here.", count=format_decimal(1)))
        kept = {self.target.info.key_of(obj): obj for obj in _one_of(self.object_data)}
        found = {**visible(self.target, self.user, [key for key in keys if key not in kept]), **kept}
        unknown = [key for key in keys if key not in found]
        if unknown and not self.may_choose:
            raise ValueError(self.closed)
        self.data = next((found[key] for key in keys if key in found), None)
        if unknown:
            raise ValueError(missing(unknown[0]))

    def let_go(self) -> bool:
        """Take out what is gone since it was read, in a transaction that has ended; whether that was chosen.

        What was chosen is then an error of the field, in the same words as if it had never been there.
        """
        there, gone = read_again(self.target, [*_one_of(self.object_data), *_one_of(self.data)])
        if self.data in gone:
            self.errors = [*self.errors, missing(key_before(self.data))]
        is_lost = self.data in gone
        self.object_data = self.object_data if self.object_data in there else None
        self.data = self.data if self.data in there else None
        return is_lost

    @property
    def keys(self) -> list[str]:
        """The keys in the control: those that were sent, or those of the objects that are there."""
        if self.raw_data:
            return [str(key) for key in self.raw_data if key]
        return [self.target.info.key_of(obj) for obj in _one_of(self.data)]

    @property
    def touched(self) -> list[str]:
        """What was sent, to be compared with the :attr:`keys` that the page showed."""
        return [key.strip() for key in self.raw_data or () if key.strip()]

    def texts(self) -> dict[str, str]:
        """What the keys stand for, as far as it is known."""
        known = [*(self.choices or ()), *_one_of(self.object_data), *_one_of(self.data)]
        return {self.target.info.key_of(obj): text_of(obj) for obj in known}

    @property
    def may_be_select(self) -> bool:
        """Whether what is there already fits into one."""
        return True

    @cached_property
    def ways(self) -> dict[str, str]:
        """What the person may do to what can be chosen here, without leaving the form: verbs and what they are called.

        Of several that are chosen nobody could say which one is meant; who may change needs no page to look at.
        """
        if not self.may_choose:
            return {}
        words = {"add": _("Add …"), "change": _("Change …"), "view": _("View …")}
        looks = "change" if may(self.user, self.target, "change") else "view"
        verbs = ("add",) if self.relation.is_list else ("add", looks)
        return {verb: words[verb] for verb in verbs if may(self.user, self.target, verb)}

    def widget(self, field: Any, **attributes: Any) -> Markup:
        control = self._select(attributes) if self.choices is not None else self._lookup(attributes)
        ways = self._ways()
        if not ways or (self.around and self.choices is None):
            return control
        row, beside = '<div class="lookup" {0}>{1}{2}</div>', '{1}<div class="lookup-ways" {0}>{2}</div>'
        model = written(data_model=self._model())
        drawn = (row if self.around else beside).format(model, control, ways)
        return Markup(drawn)  # noqa: S704 - all in it was escaped

    def _ways(self) -> Markup:
        """The buttons to the other form: without a script they send this one, which is kept meanwhile.

        In a row they are signs on the line of the control, as there are some in each.
        """
        button = self._sign if self.around else self._button
        ways = self.ways if self.has_ways else {}
        return Markup("".join([button(verb, word) for verb, word in ways.items()]))  # noqa: S704 - all was escaped

    def _model(self) -> str:
        """Where the script finds the forms that the buttons lead to."""
        return address(f"{self.target.name}.list")

    def _button(self, verb: str, word: str) -> str:
        attributes = written(
            type="submit", class_="button button-quiet", name="_open", value=f"{self.name}:{verb}"
        )
        name = escape(self.label.text)
        return f'<button {attributes}>{escape(word)}<span class="visually-hidden"> {name}</span></button>'

    def _sign(self, verb: str, _word: str) -> str:
        named = f"{self.around[verb]} {self.around['row']}"
        attributes = written(name="_open", value=f"{self.name}:{verb}", aria_labelledby=named)
        return f"<button {attributes}></button>"

    def _on_line(self) -> dict[str, Any]:
        """What a box to look up takes of it all when it stands in a row."""
        ways = self._ways() if self.around else ""
        return {"new_tab": self.around.get("tab", ""), "ways": ways, "model": self._model() if ways else ""}

    def _select(self, attributes: Mapping[str, Any]) -> Markup:
        return self._select_of([("", ""), *self.texts().items()], attributes)

    def _select_of(self, options: Sequence[tuple[str, str]], attributes: Mapping[str, Any]) -> Markup:
        chosen = self.keys
        lines = [
            f"<option {written(value=key, selected=key in chosen or (not key and not chosen))}>{escape(text)}</option>"
            for key, text in options
        ]
        select = written(id=self.id, name=self.name, **attributes)
        return Markup(f"<select {select}>{''.join(lines)}</select>")  # noqa: S704 - all in it was escaped

    def _lookup(self, attributes: Mapping[str, Any]) -> Markup:
        key = next(iter(self.keys), "")
        return LookupBox(
            self.name,
            self.lookup_href,
            **self._on_line(),
            key=key,
            # Of a key that leads to nothing a person is told beside the field.
            text=self.texts().get(key, ""),
            # What has to be there cannot be taken off, only replaced.
            clear=_("Clear: %(field)s", field=self.label.text) if self.relation.nullable else "",
        ).html(self.id, **attributes)


def visible(target: ModelAdmin, user: Any, keys: Sequence[str]) -> dict[str, Any]:
    """Those of *target*'s objects with *keys* that *user* may see, by key, in one statement."""
    known = _known.get()
    there = {key: known[target.name, key] for key in keys if (target.name, key) in known}
    found = _visible(target, user, [key for key in keys if key not in there])
    return {key: obj for key, obj in there.items() if obj is not None} | found


def _visible(target: ModelAdmin, user: Any, keys: Sequence[str]) -> dict[str, Any]:
    info = target.info
    wanted = [values for key in keys if (values := info.parse_key(key)) is not None]
    if not wanted or not may(user, target, "view"):
        return {}
    statement = with_options(target.query(user).where(info.is_one_of(wanted)), related(target))
    found = db.session.scalars(statement).unique()
    return {info.key_of(obj): obj for obj in found if may(user, target, "view", obj)}


@contextmanager
def known(wanted: Sequence[tuple[ModelAdmin, Sequence[str]]], user: Any) -> Iterator[None]:
    """In the block :func:`visible` knows the objects with these keys without asking for each: what is done to many
    objects asks once."""
    found: dict[tuple[str, str], Any] = {}
    for target, keys in wanted:
        found |= {(target.name, key): None for key in keys}
        for start in range(0, len(keys), MAX_ASKED):
            part = _visible(target, user, keys[start : start + MAX_ASKED])
            found |= {(target.name, key): obj for key, obj in part.items()}
    token = _known.set(found)
    try:
        yield
    finally:
        _known.reset(token)


def is_known(target: ModelAdmin, key: str) -> bool:
    return (target.name, key) in _known.get()


def let_go(form: FlaskForm) -> bool:
    """Have each field of *form* let go of what is gone since it was read; whether something of it was chosen."""
    return any([field.let_go() for field in form if isinstance(field, RelatedField)])


def read_again(target: ModelAdmin, objects: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """Those of *objects* that have a row still, and those that have none, after the transaction that read them has
    ended: one statement reads again what is not known any more, whoever may see it."""
    lost = [obj for obj in objects if inspect(obj).expired]
    if lost:
        statement: Any = select(target.model).where(
            target.info.is_one_of([inspect(obj).identity for obj in lost])
        )
        db.session.scalars(with_options(statement, related(target))).unique().all()
    gone = [obj for obj in lost if inspect(obj).expired]
    return [obj for obj in objects if obj not in gone], gone


def key_before(obj: Any) -> str:
    """The key of *obj*, which has no row any more."""
    return encode_key(inspect(obj).identity or ())


def missing(key: str) -> str:
    """What is said of a *key* of nothing that the person may see."""
    return str(_("“%(key)s” is not there, or it is not visible to you. Choose another one.", key=key[:60]))


def _one_of(value: Any) -> list[Any]:
    return [] if value is None else [value]


class Allowed:
    """Refuse to choose among what the person may not see, and name the permission that it takes."""

    def __call__(self, form: Any, field: RelatedField) -> None:
        is_missing = not field.relation.nullable and field.data is None
        if (field.is_changed or is_missing) and not field.may_choose:
            # Reading what was sent may have said so already.
            raise StopValidation("" if field.closed in field.errors else field.closed)


def offer_choices(fields: Sequence[RelatedField], user: Any) -> None:
    """Give each of *fields* its choices where there are few: one statement for all of them."""
    asked = [field for field in fields if field.most_choices or not field.may_choose]
    targets = {field.target.name: field.target for field in asked if field.may_choose}
    found = few_objects(list(targets.values()), user, MAX_CHOICES, _holders(asked), read_choices)
    for field in asked:
        objects = found.objects.get(field.target.name, [])
        field.is_long = field.relation in found.long
        # Asked first: to look at what is chosen may find an error, which has to be told in any case.
        if not field.may_be_select or objects is None:
            continue
        if len(objects) <= field.most_choices or not field.may_choose:
            field.choices = [obj for obj in objects if may(user, field.target, "view", obj)]
            hint = ""
            if not field.may_choose:
                hint = field.closed
            elif not field.texts():
                hint = _("There is nothing to choose from yet.")
            elif field.relation.is_list:
                hint = _("Hold Ctrl, or Cmd on a Mac, to choose several.")
            field.description = f"{field.description} {hint}".strip()


def _holders(fields: Sequence[RelatedField]) -> dict[RelationInfo, Any]:
    """Whose each relation to many is, of which nobody knows yet what it leads to; in rows there are several of each."""
    to_many = [field for field in fields if field.relation.is_list and field.holder is not None]
    times = Counter(field.relation for field in to_many)
    return {
        field.relation: field.holder
        for field in to_many
        if field.may_choose and times[field.relation] == 1 and field.name not in inspect(field.holder).dict
    }
