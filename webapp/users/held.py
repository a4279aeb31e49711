"""What somebody may do and through which groups: told on the person's page."""

from collections.abc import Iterable

from markupsafe import Markup

from webapp.admin.permissions import verbs_of
from webapp.admin.site import current_site
from webapp.admin.texts import list_text
from webapp.texts import gettext as _
from webapp.users.holdings import Holding

# So many are read at a glance; the rest is behind a word.
SHOWN = 8


def held_by(holdings: Iterable[Holding]) -> Markup | None:
    """What somebody may do and through which groups, in the words of the permissions' boxes; ``None`` for nothing."""
    ways: dict[str, list[str | None]] = {}
    for holding in holdings:
        ways.setdefault(holding.permission, []).append(holding.via)
    if not ways:
        return None
    labels = _labels()
    lines = [
        Markup("<li>{}</li>").format(_sentence(labels.get(word, word), ways[word]))
        for word in (*(word for word in labels if word in ways), *sorted(ways.keys() - labels.keys()))
    ]
    told = Markup('<ul role="list">{}</ul>')
    first, rest = told.format(Markup("").join(lines[:SHOWN])), told.format(Markup("").join(lines[SHOWN:]))
    if len(lines) <= SHOWN:
        return first
    more = _("%(count)d more", count=len(lines) - SHOWN)
    return first + Markup("<details><summary>{}</summary>{}</details>").format(more, rest)


def _sentence(label: str, ways: Iterable[str | None]) -> str:
    groups = list_text(sorted(way for way in ways if way is not None))
    if not groups:
        return label
    said = _("%(permission)s, directly and through %(groups)s", permission=label, groups=groups)
    return said if None in ways else _("%(permission)s through %(groups)s", permission=label, groups=groups)


def _labels() -> dict[str, str]:
    """By permission what its box says, with the model: “Users: Change”."""
    return {
        f"{model_admin.name}.{verb}": _("%(records)s: %(verb)s", records=model_admin.label_plural, verb=label)
        for model_admin in current_site()
        for verb, label in verbs_of(model_admin).items()
    }
