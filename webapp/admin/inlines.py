"""What a developer writes to have the rows that hang on another one inside its form.

    class LoanInline(TabularInline):
        model = Loan
        fields = ("book", "lent_on", "returned_on")

    class MemberAdmin(ModelAdmin):
        inlines = (LoanInline,)

It has the words of a form and no others. What it leaves unsaid is said by the admin that looks after the model: which
rows exist, who may do what to each, what is valid, and what else is done when one is saved.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from sqlalchemy import Select

from webapp.admin.options import Fieldsets, ModelAdmin


class Inline(ModelAdmin):
    """How the rows of :attr:`model` that hang on a row of another one are looked after in its form."""

    #: Set when it is bound to the form it stands in: who looks after the model, and the names in a row's form that
    #: stay out of it, because the form it stands in decides them.
    keeper: ModelAdmin
    left_out: frozenset[str] = frozenset()

    #: The relation, or one of the columns, that leads to the row of the form; needed where there are several.
    fk_name: str = ""
    #: The first word of its fields' names; by default the relation that leads here, else the table.
    prefix: str = ""
    #: Empty rows at the end to begin with; there is a button for more.
    extra: int = 0
    min_num: int = 0
    max_num: int | None = None
    #: A column of whole numbers that the rows stand in the order of; a new row comes last.
    position: str = ""
    #: The tab of the form that it stands in; without one it stands below them.
    tab: Any = ""
    #: Link to each row's own page.
    show_change_link: bool = False
    is_tabular: ClassVar[bool] = True

    def query(self, user: Any) -> Select[Any]:
        return self.keeper.query(user)

    def can(self, user: Any, verb: str, obj: Any = None) -> bool:
        return self.keeper.can(user, verb, obj)

    def load_related(self, objs: Sequence[Any], user: Any) -> None:
        self.keeper.load_related(objs, user)

    def get_ordering(self, user: Any) -> Sequence[str]:
        return (self.position,) if self.position else self.ordering or self.keeper.get_ordering(user)

    def get_fields(self, user: Any, obj: Any = None) -> Sequence[str]:
        """Its own words, else those of the keeper's form that a row has room for."""
        if self.fields:
            return tuple(dict.fromkeys((*self.fields, *filter(None, [self.position]))))
        said = self.keeper.get_fieldsets(user, obj)
        names = [name for _title, part in said for name in part["fields"]] if said else ()
        known = {*self.info.selectable, *self.info.relations}
        excluded = set(self.get_exclude(user, obj))
        return [name for name in names or self.keeper.get_fields(user, obj) if name in known - excluded]

    def get_exclude(self, user: Any, obj: Any = None) -> Sequence[str]:
        return (*self.exclude, *self.keeper.get_exclude(user, obj), *self.left_out)

    def get_fieldsets(self, user: Any, obj: Any = None) -> Fieldsets:
        return self.fieldsets

    def get_readonly_fields(self, user: Any, obj: Any = None) -> Sequence[str]:
        """What nobody writes in the keeper's form is not written here either."""
        return (*self.readonly_fields, *self.keeper.get_readonly_fields(user, obj))

    def get_autocomplete_fields(self, user: Any) -> Sequence[str]:
        return self.autocomplete_fields or self.keeper.get_autocomplete_fields(user)

    def get_prepopulated_fields(self, user: Any, obj: Any = None) -> Mapping[str, Sequence[str]]:
        return self.prepopulated_fields or self.keeper.get_prepopulated_fields(user, obj)

    def get_form_class(self, user: Any, obj: Any = None) -> type | None:
        return self.form_class or self.keeper.get_form_class(user, obj)

    def initial(self, user: Any) -> Mapping[str, Any]:
        return self.keeper.initial(user)

    def prepare(self, form: Any, obj: Any, user: Any) -> None:
        self.keeper.prepare(form, obj, user)

    def clean(self, form: Any, obj: Any, user: Any) -> None:
        self.keeper.clean(form, obj, user)

    def begin(self, user: Any) -> None:
        self.keeper.begin(user)

    def before_save(self, obj: Any, form: Any, user: Any) -> None:
        self.keeper.before_save(obj, form, user)

    def after_save(self, obj: Any, form: Any, user: Any) -> None:
        self.keeper.after_save(obj, form, user)

    def before_delete(self, obj: Any, user: Any) -> None:
        self.keeper.before_delete(obj, user)

    def after_commit(self, obj: Any, user: Any) -> None:
        self.keeper.after_commit(obj, user)


class TabularInline(Inline):
    """A table with a line for each row."""


class StackedInline(Inline):
    """A small form for each row, one below the other."""

    is_tabular = False
