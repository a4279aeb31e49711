"""What is wrong with a declaration, as a value that says where it stands and what to do about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby


@dataclass(frozen=True)
class Problem:
    """One wrong declaration.

    :ivar id: ``admin.E…`` stops the start, ``admin.W…`` is a warning. Where Django's admin knows the same problem the
        number is Django's; ours begin at 501.
    :ivar admin: the name of the class, *attribute* the place in it, such as ``list_display[2]``.
    :ivar way_out: a sentence that says what to write instead.
    """

    id: str
    admin: str
    attribute: str
    message: str
    way_out: str

    @property
    def is_error(self) -> bool:
        return self.id.startswith("admin.E")

    def __str__(self) -> str:
        place = f"{self.admin}.{self.attribute}" if self.attribute else self.admin
        return f"{place}: {self.message} {self.way_out} ({self.id})"


class DeclarationError(Exception):
    """Declarations are wrong, and the application does not start with them; the text tells all of them at once."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(report(problems))
        self.problems = tuple(problems)


def report(problems: Sequence[Problem]) -> str:
    """The problems as text, a line each, those of one class together."""
    by_class = sorted(problems, key=lambda problem: problem.admin)
    groups = [
        "\n".join(str(problem) for problem in group)
        for _admin, group in groupby(by_class, key=lambda problem: problem.admin)
    ]
    return "\n\n".join(groups)


def admin_name(admin_class: object, model: object) -> str:
    """What to call a declaration in a problem; the model tells one that is nothing but ``ModelAdmin`` from another."""
    name = str(getattr(admin_class, "__name__", repr(admin_class)))
    return f"{name}({getattr(model, '__name__', repr(model))})" if name == "ModelAdmin" else name
