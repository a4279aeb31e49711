"""What a developer writes to put a model into the admin. It holds facts and small hooks and imports no machinery.

    class UserAdmin(ModelAdmin):
        list_display = ("username", "email", "is_active")
        search_fields = ("username", "email")

A name in ``list_display``, ``fields`` and the like is looked up on the model first and on the admin second.
Hooks receive the person (*user*) and the object (*obj*), never the request.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

from sqlalchemy import Select, select

Hook = TypeVar("Hook", bound=Callable[..., Any])
Fieldsets = Sequence[tuple[Any, Mapping[str, Any]]]


class Rejected(Exception):
    """Raised by a hook to refuse a change: its message is shown to the person, and nothing is written.

    :param message: a sentence that says why and, where there is one, the way out.
    :param field: the name of the field it belongs to; otherwise it is told about the whole form.
    """

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


def display(
    label: Any = None, *, order_by: str | None = None, boolean: bool = False, empty: str | None = None
) -> Callable[[Hook], Hook]:
    """Describe a method that computes a column or a read-only field from one object.

    :param label: the column's head; the method's name when left out.
    :param order_by: the mapped column that the computed one is sorted by; not sortable when left out.
    :param boolean: show yes and no.
    :param empty: what to show for ``None`` and ``""``.
    """

    def describe(function: Hook) -> Hook:
        function.display = DisplayOptions(label, order_by, boolean, empty)  # type: ignore[attr-defined]
        return function

    return describe


class DisplayOptions:
    """What :func:`display` was told."""

    def __init__(
        self, label: Any = None, order_by: str | None = None, boolean: bool = False, empty: str | None = None
    ) -> None:
        self.label = label
        self.order_by = order_by
        self.boolean = boolean
        self.empty = empty


class ModelAdmin:
    """How one model is looked after. An attribute is the constant, ``get_…`` the decision for one person."""

    #: Set when the admin is registered.
    model: type

    #: The word of the address, the endpoints and the permissions; the name of the table when left empty.
    name: str = ""
    label: Any = ""
    label_plural: Any = ""
    icon: str = "table"
    #: The heading in the menu under which the model stands.
    menu_group: Any = ""

    list_display: Sequence[str] = ()
    list_filter: Sequence[str] = ()
    search_fields: Sequence[str] = ()
    search_help: Any = ""
    ordering: Sequence[str] = ()
    list_per_page: int = 100

    fields: Sequence[str] = ()
    fieldsets: Fieldsets = ()
    exclude: Sequence[str] = ()
    readonly_fields: Sequence[str] = ()
    #: A base of the form class that is made from the mapper: declare fields and ``validate_…`` methods there.
    form_class: type | None = None
    empty_value_display: str = "–"

    can_add: ClassVar[bool] = True
    can_change: ClassVar[bool] = True
    can_delete: ClassVar[bool] = True

    # Who sees and does what

    def query(self, user: Any) -> Select[Any]:
        """The rows that exist for *user*: list, change, delete, history and every other page start from it."""
        return select(self.model)

    def can(self, user: Any, verb: str, obj: Any = None) -> bool:
        """Say whether *user* may *verb* (view, add, change, delete …) this model, or *obj* where it is given."""
        return bool(user.can(f"{self.name}.{verb}", obj))

    # The list and the form

    def get_list_display(self, user: Any) -> Sequence[str]:
        return self.list_display

    def get_fieldsets(self, user: Any, obj: Any = None) -> Fieldsets:
        """The form's parts: a heading (or ``None``) and ``{"fields": names, "description": text}``."""
        return self.fieldsets

    def get_readonly_fields(self, user: Any, obj: Any = None) -> Sequence[str]:
        return self.readonly_fields

    def get_form_class(self, user: Any, obj: Any = None) -> type | None:
        return self.form_class

    def get_links(self, user: Any, obj: Any) -> Sequence[tuple[Any, str]]:
        """Further pages of *obj*, as label and endpoint; each endpoint takes the object's key."""
        return ()

    def get_delete_alternative(self, user: Any, obj: Any) -> tuple[Any, str] | None:
        """What to do rather than delete *obj*, as label and endpoint; the endpoint takes the object's key."""
        return None

    def initial(self, user: Any) -> Mapping[str, Any]:
        """The values that an empty form starts with."""
        return {}

    # One save or delete, in order. Everything from before_save to after_save is one transaction.

    def prepare(self, form: Any, obj: Any, user: Any) -> None:
        """After the form was found valid and before the transaction begins: the place for slow work."""

    def clean(self, form: Any, obj: Any, user: Any) -> None:
        """Check what one field alone cannot know; raise :class:`Rejected` to refuse. *obj* is ``None`` when adding."""

    def before_save(self, obj: Any, form: Any, user: Any) -> None:
        """The form's values are on *obj*, nothing is written yet; raise :class:`Rejected` to refuse."""

    def after_save(self, obj: Any, form: Any, user: Any) -> None:
        """*obj* is written but not committed; what is done here is kept or lost with it."""

    def before_delete(self, obj: Any, user: Any) -> None:
        """*obj* is about to go; raise :class:`Rejected` to refuse."""

    def after_commit(self, obj: Any, user: Any) -> None:
        """The change is kept for good: the place for mail and other things that cannot be taken back."""
