"""What a developer writes to put a model into the admin. It holds facts and small hooks and imports no machinery.

    class UserAdmin(ModelAdmin):
        list_display = ("username", "email", "is_active")
        search_fields = ("username", "email")

A name in ``list_display``, ``fields`` and the like is looked up on the model first and on the admin second.
Hooks receive the person (*user*) and the object (*obj*), never the request.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from inspect import isfunction
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from sqlalchemy import Select, select

from webapp.admin.returning import Returning

if TYPE_CHECKING:
    from webapp.admin.info import ModelInfo

Hook = TypeVar("Hook", bound=Callable[..., Any])
Fieldsets = Sequence[tuple[Any, Mapping[str, Any]]]
Choices = Sequence[tuple[Any, Any]]


class Rejected(Exception):
    """Raised by a hook to refuse a change: its message is shown to the person, and nothing is written.

    :param message: a sentence that says why and, where there is one, the way out.
    :param field: the name of the field it belongs to; otherwise it is told about the whole form.
    """

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


def display(label: Any = None, **options: Any) -> Callable[[Hook], Hook]:
    """Describe a method that computes a column or a read-only field from one object.

    :param label: the column's head; the method's name when left out.
    :param order_by: the mapped column that the computed one is sorted by; not sortable when left out.
    :param boolean: show yes and no.
    :param empty: what to show for ``None`` and ``""``.
    :param reads: the only columns that it reads: a list loads these, and no whole objects for it.
    """
    _require_parentheses("display", label)

    def describe(function: Hook) -> Hook:
        if isinstance(function, property):
            raise TypeError("Write @property above @display: it is the function that is described.")
        function.display = DisplayOptions(label, **options)  # type: ignore[attr-defined]
        return function

    return describe


def action(
    label: Any = None,
    *,
    permission: str = "change",
    confirm: Any = None,
    form: type | None = None,
) -> Callable[[Hook], Hook]:
    """Describe a method ``(self, obj, user, form)`` that does something to each of the selected objects.

    It is called once for each object, all of them in one transaction; it raises :class:`Rejected` to refuse one, and
    the others go on. What it changes is recorded under the method's name.

    :param label: what the person chooses; the method's name when left out.
    :param permission: the verb that it takes, for the model and for each object; a word of its own becomes one more
        permission, ``<name>.<permission>``.
    :param confirm: a question to ask first; the page says how many objects it is about.
    :param form: a FlaskForm to fill in first, made with ``user=``; the method is given it, valid, or ``None``.
    """
    _require_parentheses("action", label)

    def describe(function: Hook) -> Hook:
        name = function.__name__
        function.action = ActionOptions(  # type: ignore[attr-defined]
            name, label or name.replace("_", " ").capitalize(), permission, confirm, form
        )
        return function

    return describe


def choice_filter(
    label: Any = None, *, choices: "Choices | Callable[[Any, Any], Choices]"
) -> Callable[[Hook], Hook]:
    """Describe a method ``(self, value, user)`` that a list is narrowed by: it gives the condition in SQL.

    :param label: what the filter is called; the method's name when left out.
    :param choices: pairs of a value and its text, or a function ``(self, user)`` that gives them; *value* is one of
        these, and a person to whom nothing is offered has no such filter.
    """
    _require_parentheses("choice_filter", label)

    def describe(function: Hook) -> Hook:
        name = function.__name__
        function.choice_filter = FilterOptions(  # type: ignore[attr-defined]
            name, label or name.replace("_", " ").capitalize(), choices
        )
        return function

    return describe


def _require_parentheses(decorator: str, label: Any) -> None:
    if isfunction(label):
        raise TypeError(
            f'Write @{decorator}("…") above {label.__name__}: it is called, with a label or with nothing.'
        )


def display_options(member: Any) -> "DisplayOptions | None":
    """What :func:`display` was told of *member*, a method or the function behind a property; ``None`` without it."""
    function = getattr(member, "fget", None) or getattr(member, "func", None) or member
    options = getattr(function, "display", None)
    return options if isinstance(options, DisplayOptions) else None


@dataclass(frozen=True)
class ActionOptions:
    """What :func:`action` was told, and the method's name, which is the action's."""

    name: str
    label: Any
    permission: str
    confirm: Any
    form: type | None


# Told apart by what it is: to compare the texts of two would look each of them up in a language.
@dataclass(frozen=True, eq=False)
class FilterOptions:
    """What :func:`choice_filter` was told, and the method's name, which is the filter's."""

    name: str
    label: Any
    choices: Any


class DisplayOptions:
    """What :func:`display` was told."""

    def __init__(
        self,
        label: Any = None,
        order_by: str | None = None,
        boolean: bool = False,
        empty: str | None = None,
        reads: Sequence[str] = (),
    ) -> None:
        self.label = label
        self.order_by = order_by
        self.boolean = boolean
        self.empty = empty
        self.reads = tuple(reads)


class ModelAdmin(Returning):
    """How one model is looked after. An attribute is the constant, ``get_…`` the decision for one person."""

    #: Set when the admin is registered, with what the mapper knows of it, in this admin's words.
    model: type
    info: "ModelInfo"

    #: The word of the address, the endpoints and the permissions; the name of the table when left empty.
    name: str = ""
    label: Any = ""
    label_plural: Any = ""
    icon: str = "table"
    #: The heading in the menu under which the model stands.
    menu_group: Any = ""

    #: Other words than the model's own, by the name of the column or relation.
    labels: Mapping[str, Any] = {}
    help_texts: Mapping[str, Any] = {}
    choices: Mapping[str, Sequence[tuple[Any, Any]]] = {}

    list_display: Sequence[str] = ()
    #: Further columns that a person may choose to see; at first they are not shown.
    list_columns: Sequence[str] = ()
    #: The columns that lead to the object: the first one when left empty, none with ``None``.
    list_display_links: Sequence[str] | None = ()
    #: Relations that a computed column or ``__str__`` reads; a list loads no other, so that no row asks by itself.
    list_select_related: Sequence[str] = ()
    #: Columns that are fields in the list, for who may change the object.
    list_editable: Sequence[str] = ()
    #: Columns, relations, and methods with :func:`choice_filter`.
    list_filter: Sequence[str] = ()
    #: A column of dates or moments that the list is narrowed by from years to months to days.
    date_hierarchy: str = ""
    search_fields: Sequence[str] = ()
    search_help: Any = ""
    ordering: Sequence[str] = ()
    list_per_page: int = 100
    #: There are never more than some thousand rows: ``flask check`` asks for no index.
    stays_small: bool = False
    #: Methods with :func:`action`, in the order of the menu; deleting is always among them where it is allowed.
    actions: Sequence[str] = ()

    #: Classes of :mod:`webapp.admin.inlines`: rows that hang on the object, edited in its form.
    inlines: Sequence[type] = ()

    fields: Sequence[str] = ()
    fieldsets: Fieldsets = ()
    exclude: Sequence[str] = ()
    readonly_fields: Sequence[str] = ()
    #: Relations that are searched for however few there are to choose from; the others up to 50 in a select.
    autocomplete_fields: Sequence[str] = ()
    #: Fields made from others while they are empty: ``{"slug": ("title",)}``.
    prepopulated_fields: Mapping[str, Sequence[str]] = {}
    #: A base of the form class that is made from the mapper: declare fields and ``validate_…`` methods there.
    form_class: type | None = None
    #: Offer to save what is in the form as a new object.
    save_as: bool = False
    #: Link to the object's own page, where the model has ``get_absolute_url()``.
    view_on_site: bool = True
    #: Columns and relations that the history tells of though no form and no list shows them under their own names.
    history_fields: Sequence[str] = ()
    empty_value_display: str = "–"

    can_add: ClassVar[bool] = True
    can_change: ClassVar[bool] = True
    can_delete: ClassVar[bool] = True
    can_export: ClassVar[bool] = True

    # Who sees and does what

    def query(self, user: Any) -> Select[Any]:
        """The rows that exist for *user*: list, change, delete, history and every other page start from it."""
        return select(self.model)

    def can(self, user: Any, verb: str, obj: Any = None) -> bool:
        """Say whether *user* may *verb* (view, add, change, delete, export …) the model, or *obj* where it is given."""
        return bool(user.can(f"{self.name}.{verb}", obj))

    def load_related(self, objs: Sequence[Any], user: Any) -> None:
        """*objs* are about to be judged, changed or deleted one after the other: the place to read at once what each
        would ask the database for by itself."""

    # The list

    def get_list_display(self, user: Any) -> Sequence[str]:
        return self.list_display

    def get_list_columns(self, user: Any) -> Sequence[str]:
        return self.list_columns

    def get_list_display_links(self, user: Any) -> Sequence[str] | None:
        return self.list_display_links

    def get_list_editable(self, user: Any) -> Sequence[str]:
        return self.list_editable

    def get_list_filter(self, user: Any) -> Sequence[str]:
        return self.list_filter

    def get_date_hierarchy(self, user: Any) -> str:
        return self.date_hierarchy

    def get_search_fields(self, user: Any) -> Sequence[str]:
        return self.search_fields

    def get_ordering(self, user: Any) -> Sequence[str]:
        return self.ordering

    def get_actions(self, user: Any, obj: Any = None) -> Sequence[str]:
        return self.actions

    def get_list_links(self, user: Any) -> Sequence[tuple[Any, str]]:
        """Further pages of the model, as label and endpoint: buttons above the list."""
        return ()

    # The form

    def get_fields(self, user: Any, obj: Any = None) -> Sequence[str]:
        return self.fields

    def get_fieldsets(self, user: Any, obj: Any = None) -> Fieldsets:
        """The form's parts: a heading (or ``None``) and ``{"fields": names}``, with ``"description"`` (a text),
        ``"columns"`` (1 to 4), ``"collapsed"`` (yes or no) and ``"tab"`` (the label of one) as it needs them."""
        return self.fieldsets

    def get_exclude(self, user: Any, obj: Any = None) -> Sequence[str]:
        return self.exclude

    def get_readonly_fields(self, user: Any, obj: Any = None) -> Sequence[str]:
        return self.readonly_fields

    def get_autocomplete_fields(self, user: Any) -> Sequence[str]:
        return self.autocomplete_fields

    def get_prepopulated_fields(self, user: Any, obj: Any = None) -> Mapping[str, Sequence[str]]:
        return self.prepopulated_fields

    def get_inlines(self, user: Any, obj: Any = None) -> Sequence[type]:
        return self.inlines

    def get_history_fields(self, user: Any, obj: Any = None) -> Sequence[str]:
        return self.history_fields

    def get_form_class(self, user: Any, obj: Any = None) -> type | None:
        return self.form_class

    def get_links(self, user: Any, obj: Any) -> Sequence[tuple[Any, str]]:
        """Further pages of *obj*, as label and endpoint; each endpoint takes the object's key."""
        return ()

    def get_view_on_site_url(self, user: Any, obj: Any) -> str | None:
        """Where *obj* is seen by those whom it is made for: a path of this site, or an address with http or https."""
        get_absolute_url = getattr(obj, "get_absolute_url", None)
        return str(get_absolute_url()) if self.view_on_site and get_absolute_url else None

    def get_delete_alternative(self, user: Any, obj: Any) -> tuple[Any, str] | None:
        """What to do rather than delete *obj*, as label and endpoint; the endpoint takes the object's key."""
        return None

    def initial(self, user: Any) -> Mapping[str, Any]:
        """The values that an empty form starts with."""
        return {}

    # One save or delete, in order. Everything from begin to after_save is one transaction.

    def prepare(self, form: Any, obj: Any, user: Any) -> None:
        """After the form was found valid and before the transaction begins: the place for slow work."""

    def clean(self, form: Any, obj: Any, user: Any) -> None:
        """Check what one field alone cannot know; raise :class:`Rejected` to refuse. *obj* is ``None`` when adding."""

    def begin(self, user: Any) -> None:
        """A transaction that saves, deletes or acts has begun and holds no row yet: the place for a lock of one's own
        (:func:`webapp.database.exclusive`); raise :class:`Rejected` to refuse."""

    def before_save(self, obj: Any, form: Any, user: Any) -> None:
        """The form's values are on *obj*, nothing is written yet; raise :class:`Rejected` to refuse."""

    def after_save(self, obj: Any, form: Any, user: Any) -> None:
        """*obj* is written but not committed; what is done here is kept or lost with it."""

    def before_delete(self, obj: Any, user: Any) -> None:
        """*obj* is about to go; raise :class:`Rejected` to refuse."""

    def after_commit(self, obj: Any, user: Any) -> None:
        """The change is kept and cannot be refused any more: the place for mail and the like."""
