"""Why somebody may do something, or why not: told to whoever looks after people from a terminal."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from webapp.admin.permissions import IMPLYING, may
from webapp.admin.site import current_site
from webapp.users.models import User


@dataclass(frozen=True)
class Answer:
    """Whether somebody may, and the reasons."""

    may: bool
    sentences: list[str]


def explain(user: User, permission: str) -> Answer:
    """Say whether *user* may do what *permission*, a word such as ``users.change``, stands for."""
    name, _, verb = permission.partition(".")
    if permission not in current_site().permissions():
        told = [no_such_permission(permission)]
        told += [f"Still, {user.username} holds it{way}." for way in _ways(user, permission)]
        return Answer(False, [f"No: {told[0][0].lower()}{told[0][1:]}", *told[1:]])
    model_admin = current_site().admin(name)
    is_so, reasons = may(user, model_admin, verb), [*_reasons(user, permission)]
    if is_so != _is_held(user, permission):
        reasons.append(f"It is {type(model_admin).__name__}.can() that decides otherwise.")
    if not user.is_staff:
        reasons.append(f"Note: {user.username} is not staff and cannot sign in here.")
    return Answer(is_so, [f"{'Yes' if is_so else 'No'}: {reasons[0]}", *reasons[1:]])


def no_such_permission(permission: str) -> str:
    """That there is none, why where that is known, and which are meant or there."""
    site, known = current_site(), current_site().permissions()
    name, _, verb = permission.partition(".")
    # What a terminal gave that is no text could not be told either.
    told = f"There is no permission “{permission.encode(errors='backslashreplace').decode()}”."
    if verb in ("add", "change", "delete") and any(model_admin.name == name for model_admin in site):
        told += f" In {type(site.admin(name)).__name__} can_{verb} is switched off."
    words = [word for word in known if word.startswith(f"{name}.")]
    near = [] if words else get_close_matches(permission, known)
    return (
        f"{told} Did you mean: {', '.join(near)}?"
        if near
        else f"{told} There are: {', '.join(words or known)}."
    )


def _reasons(user: User, permission: str) -> Iterator[str]:
    if not user.is_active:
        yield f"{user.username} is not active."
    if user.is_superuser:
        yield f"{user.username} is a superuser, who may do everything."
    for way in _ways(user, permission):
        yield f"{user.username} holds {permission}{way}."
    implying = _implying(permission)
    if implying is not None:
        for way in _ways(user, implying):
            yield f"{user.username} holds {implying}{way}, and who may change may also view."
    if not user.is_superuser and not _is_granted(user, permission):
        yield (
            f"{user.username} holds {permission} neither directly nor through a group. "
            f"To grant it: flask users grant {user.username} {permission}"
        )


def _is_held(user: User, permission: str) -> bool:
    return user.is_active and (user.is_superuser or _is_granted(user, permission))


def _is_granted(user: User, permission: str) -> bool:
    return bool({permission, _implying(permission)} & user.permissions)


def _implying(permission: str) -> str | None:
    """The permission that brings this one along."""
    name, _, verb = permission.partition(".")
    return f"{name}.{IMPLYING[verb]}" if verb in IMPLYING else None


def _ways(user: User, permission: str) -> Iterator[str]:
    for holding in user.holdings:
        if holding.permission == permission:
            yield " directly" if holding.via is None else f" through the group {holding.via}"
