"""A field that leads to other rows: a select while there are few to choose from, else their keys and a page to choose.

What a person may choose is what exists for him: the other admin's ``query(user)`` and its permission ``view``. What is
there already stays, whoever looks, until somebody takes it off.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_wtf import FlaskForm
from markupsafe import Markup
from sqlalchemy import inspect, select
from wtforms import Field
from wtforms.validators import InputRequired, Optional, StopValidation

from webapp.admin.editing.lookupbox import LookupBox, written
from webapp.admin.info import RelationInfo
from webapp.admin.loading import MAX_RELATED, first_objects, related, with_options
from webapp.admin.mapping import text_of
from webapp.admin.options import ModelAdmin
from webapp.admin.permissions import may
from webapp.admin.values import encode_key
from webapp.extensions import db
from webapp.texts import format_decimal
from webapp.texts import gettext as _

# A select of more is a list to scroll through, and a page that grows with the table.
MAX_CHOICES = 50


class RelatedField(Field):
    """The object that a relation leads to, or the list of them; a form carries their keys.

    :param target: the admin of the other model. :param user: who chooses.
    """

    def __init__(
        self,
        label: Any = None,
        validators: Any = None,
        *,
        relation: RelationInfo,
        target: ModelAdmin,
        user: Any,
        **options: Any,
    ) -> None:
        super().__init__(label, validators, **options)
        self.relation = relation
        self.target = target
        self.user = user
        #: It is a select while there are at most as many; none where it is always searched for.
        self.most_choices = MAX_CHOICES
        #: What a select offers; ``None`` where there is too much for one.
        self.choices: list[Any] | None = None
        #: The page to choose from.
        self.lookup_href = ""
        #: Its texts for the script stand once around many like it.
        self.is_brief = False

    def process_data(self, value: Any) -> None:
        # A copy: the collection itself changes with the object.
        self.data = list(value or ()) if self.relation.is_list else value

    @property
    def may_choose(self) -> bool:
        return may(self.user, self.target, "view")

    @property
    def closed(self) -> str:
        """What is said to those who may not choose."""
        permission = f"{self.target.name}.view"
        return str(_("To choose here takes the permission “%(permission)s”.", permission=permission))

    @property
    def objects(self) -> list[Any]:
        """What is chosen, as a list also where it can be one only."""
        return self.relation.listed(self.data)

    def process_formdata(self, valuelist: list[str]) -> None:
        if not valuelist and not self.relation.is_list:
            # Nothing was sent, which no browser does: it stays, as a column would.
            return
        keys = list(dict.fromkeys(key.strip() for key in valuelist if key.strip()))
        most = MAX_RELATED if self.relation.is_list else 1
        if len(keys) > most:
            raise ValueError(_("At most %(count)s can be chosen here.", count=format_decimal(most)))
        kept = {self.target.info.key_of(obj): obj for obj in self.relation.listed(self.object_data)}
        found = visible(self.target, self.user, [key for key in keys if key not in kept])
        missing = [key for key in keys if key not in kept and key not in found]
        if missing and not self.may_choose:
            raise ValueError(self.closed)
        chosen = [kept[key] if key in kept else found[key] for key in keys if key not in missing]
        self.data = chosen if self.relation.is_list else next(iter(chosen), None)
        if missing:
            raise ValueError(_missing(missing[0]))

    def let_go(self) -> bool:
        """Take out what is gone since it was read, in a transaction that has ended; whether that was chosen.

        What was chosen is then an error of the field, in the same words as if it had never been there.
        """
        held = [*self.relation.listed(self.object_data), *self.objects]
        _read_again(self.target, [obj for obj in held if _is_unread(obj)])
        chosen = [obj for obj in self.objects if _is_unread(obj)]
        for name in ("object_data", "data"):
            left = [obj for obj in self.relation.listed(getattr(self, name)) if not _is_unread(obj)]
            setattr(self, name, left if self.relation.is_list else next(iter(left), None))
        if chosen:
            self.errors = [*self.errors, _missing(encode_key(inspect(chosen[0]).identity or ()))]
        return bool(chosen)

    @property
    def keys(self) -> list[str]:
        """The keys in the control: those that were sent, or those of the objects that are there."""
        if self.raw_data:
            return [str(key) for key in self.raw_data if key]
        return [self.target.info.key_of(obj) for obj in self.objects]

    def texts(self) -> dict[str, str]:
        """What the keys stand for, as far as it is known."""
        known = [*(self.choices or ()), *self.relation.listed(self.object_data), *self.objects]
        return {self.target.info.key_of(obj): text_of(obj) for obj in known}

    def widget(self, field: Any, **attributes: Any) -> Markup:
        return self._select(attributes) if self.choices is not None else self._lookup(attributes)

    def _select(self, attributes: Mapping[str, Any]) -> Markup:
        chosen = self.keys
        options = [] if self.relation.is_list else [("", "")]
        options += list(self.texts().items())
        if self.relation.is_list:
            attributes = {**attributes, "multiple": True, "size": min(max(len(options), 3), 8)}
        lines = [
            Markup("<option {}>{}</option>").format(
                written(value=key, selected=key in chosen or (not key and not chosen)), text
            )
            for key, text in options
        ]
        return Markup("<select {}>{}</select>").format(
            written(id=self.id, name=self.name, **attributes), Markup("").join(lines)
        )

    def _lookup(self, attributes: Mapping[str, Any]) -> Markup:
        texts = self.texts()
        is_many = self.relation.is_list
        return LookupBox(
            self.name,
            self.lookup_href,
            # Of a key that leads to nothing a person is told beside the field.
            {key: texts.get(key, key if is_many else "") for key in self.keys},
            is_many,
            # What has to be there cannot be taken off, only replaced.
            clear=_("Clear: %(field)s", field=self.label.text) if self.relation.nullable else "",
            is_brief=self.is_brief,
        ).html(self.id, **attributes)


def visible(target: ModelAdmin, user: Any, keys: Sequence[str]) -> dict[str, Any]:
    """Those of *target*'s objects with *keys* that *user* may see, by key, in one statement."""
    info = target.info
    wanted = [values for key in keys if (values := info.parse_key(key)) is not None]
    if not wanted or not may(user, target, "view"):
        return {}
    statement = with_options(target.query(user).where(info.is_one_of(wanted)), related(target))
    found = db.session.scalars(statement).unique()
    return {info.key_of(obj): obj for obj in found if may(user, target, "view", obj)}


def let_go(form: FlaskForm) -> bool:
    """Have each field of *form* let go of what is gone since it was read; whether something of it was chosen."""
    return any([field.let_go() for field in form if isinstance(field, RelatedField)])


def _is_unread(obj: Any) -> bool:
    """Whether nothing is known of *obj*: the transaction that read it has ended, and it was not read since."""
    return bool(inspect(obj).expired)


def _read_again(target: ModelAdmin, objects: Sequence[Any]) -> None:
    """Read those of *objects* that still have a row, in one statement, whoever may see them."""
    if objects:
        statement: Any = select(target.model).where(
            target.info.is_one_of([inspect(obj).identity for obj in objects])
        )
        db.session.scalars(with_options(statement, related(target))).unique().all()


def _missing(key: str) -> str:
    return str(_("“%(key)s” is not there, or it is not visible to you. Choose another one.", key=key[:60]))


def related_field(relation: RelationInfo, target: ModelAdmin, user: Any) -> Any:
    """The field for *relation*, unbound."""
    required = not relation.nullable
    presence = InputRequired(_("Fill in this field.")) if required else Optional()
    return RelatedField(
        relation.label,
        [_Allowed(), presence],
        description=relation.help,
        relation=relation,
        target=target,
        user=user,
    )


class _Allowed:
    """Refuse to choose among what the person may not see, and name the permission that it takes."""

    def __call__(self, form: Any, field: RelatedField) -> None:
        is_missing = not field.relation.nullable and not field.objects
        if (field.data != field.object_data or is_missing) and not field.may_choose:
            # Reading what was sent may have said so already.
            raise StopValidation("" if field.closed in field.errors else field.closed)


def offer_choices(fields: Sequence[RelatedField], user: Any) -> None:
    """Give each of *fields* its choices where there are few: one statement for all of them."""
    asked = [field for field in fields if field.most_choices or not field.may_choose]
    targets = {field.target.name: field.target for field in asked if field.may_choose}
    found = first_objects(list(targets.values()), user, MAX_CHOICES + 1)
    for field in asked:
        objects = found.get(field.target.name, [])
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
