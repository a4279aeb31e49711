"""A field for a relation to many: what is sent is a difference, so it holds as little as was touched.

Under the field's name stand the keys that are chosen on the page, and under ``<name>.was`` those that the page showed
as chosen when it was made, with spaces between: who is in the first only is added, who is in the second only taken
off. Nobody else is touched, whether or not the page has shown him. Without ``<name>.was`` what is sent is all there
shall be. ``<name>.page`` asks for another page of what is chosen and saves nothing, ``<name>.q`` searches among it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from markupsafe import Markup
from werkzeug.datastructures import MultiDict
from wtforms.utils import unset_value
from wtforms.validators import InputRequired, Optional

from webapp.admin.editing.chosen import MAX_PAGE, PAGE_SIZE, ChosenPage, chosen_among, chosen_page
from webapp.admin.editing.lookupbox import ChosenBox
from webapp.admin.editing.related import Allowed, RelatedField, key_before, missing, read_again, visible
from webapp.admin.editing.tags import written
from webapp.admin.info import RelationInfo
from webapp.admin.loading import MAX_RELATED
from webapp.admin.mapping import text_of
from webapp.admin.options import ModelAdmin
from webapp.admin.values import encode_key
from webapp.running import request
from webapp.texts import format_decimal
from webapp.texts import gettext as _

WAS, PAGE, SEARCH = ".was", ".page", ".q"


@dataclass(frozen=True)
class Difference:
    """What a form asks of a relation to many: the objects that come, and the keys of those that leave."""

    come: Sequence[Any]
    left: Sequence[tuple[Any, ...]] = ()


class RelatedListField(RelatedField):
    """The objects that a relation to many leads to; ``added`` and ``removed`` say what the form asks for.

    ``data`` is all that there will be, read when somebody asks for it.
    """

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        #: The objects to come, and the keys of those to leave.
        self.added: list[Any] = []
        self.removed: list[str] = []
        self._unknown: list[str] = []
        self._page: ChosenPage | None = None
        self._keyed: tuple[ChosenPage, dict[str, Any]] | None = None
        #: What an entry of the history gives back here; of an object that comes back it is there already.
        self.given: Difference = self.meta.given.get(self.short_name, Difference([]))
        self.kept: list[Any] = [*self.given.come] if self.holder is None else []
        self._shown_before = formdata.get(f"{self.name}{WAS}") if formdata else None
        super().process(formdata, data, extra_filters)

    def process_data(self, value: Any) -> None:
        # What a new object begins with is not there yet.
        self.object_data = []
        kept = self._by_key(self.kept)
        new = list(value or ()) if self.holder is None else []
        self.added = [obj for obj in new if self.target.info.key_of(obj) not in kept]

    @property
    def data(self) -> list[Any]:
        there = self._all()
        keys = {self.target.info.key_of(obj) for obj in there}
        kept = [obj for obj in there if self.target.info.key_of(obj) not in self.removed]
        return [*kept, *(obj for obj in self.added if self.target.info.key_of(obj) not in keys)]

    @data.setter
    def data(self, value: Any) -> None:
        """WTForms sets it; what there will be is made of what there is."""

    @property
    def value(self) -> Difference:
        if self.is_copy:
            return Difference(self.data)
        keys = [self.target.info.parse_key(key) for key in self.removed]
        return Difference(self.added, [key for key in keys if key is not None])

    @property
    def is_changed(self) -> bool:
        return bool(self.added or self.removed)

    @property
    def touched(self) -> list[str]:
        """What was sent, as far as it differs from what the page showed."""
        return sorted([*(f"+{key}" for key in self._added_keys), *(f"-{key}" for key in self.removed)])

    def process_formdata(self, valuelist: list[str]) -> None:
        if not valuelist and self._shown_before is None:
            # Nothing was sent of it, as of a field that a page does not have.
            return
        sent = list(dict.fromkeys(key.strip() for key in valuelist if key.strip()))
        shown = self._keys_shown()
        self.added = []
        kept, chosen = self._by_key(self.kept), frozenset(sent)
        new = [key for key in sent if key not in shown and key not in kept]
        self.removed = [
            key for key in shown if key not in chosen and (key in kept or self.holder is not None)
        ]
        if self._is_too_much(new):
            self.removed = []
            most = format_decimal(MAX_RELATED)
            raise ValueError(_("At most %(count)s can be added or taken off at once.", count=most))
        found = visible(self.target, self.user, new)
        self.added = [found[key] for key in new if key in found]
        self._unknown = [key for key in new if key not in found]
        if self._unknown and not self.may_choose:
            raise ValueError(self.closed)
        if self._unknown:
            raise ValueError(missing(self._unknown[0]))

    def _is_too_much(self, new: Sequence[str]) -> bool:
        """Whether a person asks for more than a form is made for; what the history gives back is not counted."""
        come = self._by_key(self.given.come)
        left = {*come, *map(encode_key, self.given.left)}
        own = (
            [key for key in new if key not in come],
            [key for key in self.removed if key not in left],
        )
        return max(map(len, own)) > MAX_RELATED

    def leave(self, formdata: MultiDict[str, Any]) -> None:
        """Have *formdata* ask for nothing here."""
        formdata.poplist(self.name)
        formdata.poplist(f"{self.name}{WAS}")

    def _keys_shown(self) -> dict[str, None]:
        """The keys that the page showed as chosen, or, where it does not say so, all that are."""
        if self._shown_before is not None:
            return dict.fromkeys(self._shown_before.split())
        there = self.look().objects if self.holder is not None else self.kept
        is_known = self.holder is None or self.look().is_whole
        return dict.fromkeys(self.target.info.key_of(obj) for obj in there) if is_known else {}

    def let_go(self) -> bool:
        self._page = None
        self.added, gone = read_again(self.target, self.added)
        self.kept, lost = read_again(self.target, self.kept)
        gone += lost
        self.errors = [*self.errors, *(missing(key_before(obj)) for obj in gone[:1])]
        return bool(gone)

    # Drawing

    def look(self) -> ChosenPage:
        """What is chosen now, the page of it that was asked for."""
        if self._page is None:
            self._page = self._read() if self.holder is not None else self._page_of_kept()
        return self._page

    def _read(self) -> ChosenPage:
        read = partial(chosen_page, self.relation, self.target, self.user, self.holder, is_long=self.is_long)
        try:
            return read(self._number(), request.form.get(f"{self.name}{SEARCH}", "").strip())
        except ValueError as error:
            self.errors = [*self.errors, str(error)]
            return read()

    def _page_of_kept(self) -> ChosenPage:
        q = request.form.get(f"{self.name}{SEARCH}", "").strip()
        found = [obj for obj in self.kept if q.casefold() in text_of(obj).casefold()] if q else self.kept
        number = min(self._number(), max(1, -(-len(found) // PAGE_SIZE)))
        start, end = (number - 1) * PAGE_SIZE, number * PAGE_SIZE
        return ChosenPage(found[start:end], len(self.kept), number, q, end < len(found))

    def _number(self) -> int:
        asked = request.form.get(f"{self.name}{PAGE}", "")
        return min(max(int(asked), 1), MAX_PAGE) if asked.isascii() and asked.isdecimal() else 1

    @property
    def may_be_select(self) -> bool:
        return self.look().is_whole

    @property
    def keys(self) -> list[str]:
        kept = [key for key in self._there if key not in self.removed]
        return list(dict.fromkeys([*kept, *self._added_keys, *self._unknown]))

    @property
    def _there(self) -> dict[str, Any]:
        """What is on the page that was asked for, by key."""
        page = self.look()
        if self._keyed is None or self._keyed[0] is not page:
            self._keyed = page, self._by_key(page.objects)
        return self._keyed[1]

    @property
    def _added_keys(self) -> list[str]:
        return [self.target.info.key_of(obj) for obj in self.added]

    @property
    def shown(self) -> list[str]:
        """The keys that ``<name>.was`` tells: those on the page, and those to leave that are on another."""
        return list(dict.fromkeys([*self._there, *self.removed]))

    def texts(self) -> dict[str, str]:
        choices, others = self._by_key(self.choices or ()), self._by_key([*self.added, *self._leaving()])
        # The choices first, in their order, which is that of a select.
        return {key: text_of(obj) for key, obj in (choices | self._there | others).items()}

    def _by_key(self, objects: Iterable[Any]) -> dict[str, Any]:
        return {self.target.info.key_of(obj): obj for obj in objects}

    def _leaving(self) -> list[Any]:
        """Those to leave that are on another page."""
        if self.holder is None:
            kept = self._by_key(self.kept)
            return [kept[key] for key in self.removed if key in kept and key not in self._there]
        keys = [self.target.info.parse_key(key) for key in self.removed if key not in self._there]
        wanted = [key for key in keys if key is not None]
        return list(chosen_among(self.relation, self.target, self.holder, wanted).values()) if wanted else []

    def _select(self, attributes: Mapping[str, Any]) -> Markup:
        options = list(self.texts().items())
        size = min(max(len(options), 3), 8)
        return self._was() + self._select_of(options, {**attributes, "multiple": True, "size": size})

    def _lookup(self, attributes: Mapping[str, Any]) -> Markup:
        return self._was() + ChosenBox(
            self.name,
            self.lookup_href,
            chosen=self.keys,
            shown=self.shown,
            texts=self.texts(),
            label=self.label.text,
            page=self.look(),
            action=self.action,
            **self._on_line(),
        ).html(self.id, **attributes)

    def _was(self) -> Markup:
        hidden = written(type="hidden", name=f"{self.name}{WAS}", value=" ".join(self.shown))
        return Markup(f"<input {hidden}>")  # noqa: S704 - it was escaped

    def _all(self) -> list[Any]:
        return self.relation.related(self.holder) if self.holder is not None else self.kept


def related_field(relation: RelationInfo, target: ModelAdmin) -> Any:
    """The field for *relation*, unbound, in the language of this request. The arguments are those of
    :class:`.RelatedField`."""
    presence = Optional() if relation.nullable else InputRequired(_("Fill in this field."))
    field = RelatedListField if relation.is_list else RelatedField
    return field(
        str(relation.label),
        [Allowed(), *([] if relation.is_list else [presence])],
        description=str(relation.help),
        relation=relation,
        target=target,
    )
