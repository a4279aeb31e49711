"""How the fields of a class become those of a form: with less work than WTForms does for each field of each form."""

from collections.abc import Mapping
from typing import Any

from wtforms.fields.core import Flags, Label, UnboundField
from wtforms.meta import DefaultMeta


class Alike(UnboundField):  # type: ignore[type-arg]  # it takes none
    """A field that asks its form for nothing as it is made, so that those of all forms are alike: made once, and then
    copied, in a fifth of the time."""

    _sample: Any = None

    def bind(self, form: Any, name: str, prefix: str = "", translations: Any = None, **options: Any) -> Any:
        sample = self._sample
        if sample is None or sample.short_name != name:
            sample = super().bind(form, name, **options)
            # Nothing is kept of the form that happens to be the first.
            sample.meta = sample._form = None
            self._sample = sample
        # Without ``_form`` among the arguments WTForms makes one that is unbound, for a copy too.
        field: Any = object.__new__(type(sample))
        vars(field).update(vars(sample))
        field._form, field.meta = form, form.meta
        if translations is not None:
            field._translations = translations
        field.name = f"{prefix}{name}"
        field.id = self.kwargs.get("id") or field.name
        # What somebody may change in one form stays as it is in the others.
        field.label = Label(field.id, sample.label.text)
        field.flags = few_flags(sample)
        field.render_kw = sample.render_kw and dict(sample.render_kw)
        return field


class Meta(DefaultMeta):
    #: What the history gives back in fields for relations to many, by their names.
    given: Mapping[str, Any] = {}

    def bind_field(self, form: Any, unbound_field: Any, options: Any) -> Any:
        field = super().bind_field(form, unbound_field, options)
        if not isinstance(field.flags, FewFlags):
            field.flags = few_flags(field)
        return field


class FewFlags(Flags):
    """Flags that a widget looks through at once: of WTForms' own it looks at all that Python knows of them, which takes
    as long as all the rest of drawing a field."""

    def __dir__(self) -> list[str]:
        return list(vars(self))


def few_flags(field: Any) -> FewFlags:
    """Those of *field*, to be its own."""
    flags = FewFlags()
    vars(flags).update(vars(field.flags))
    return flags
