"""Wrong declarations, told at start: all of them at once, each with its place, a number and the way out.

No database is asked: what is wrong here is wrong on every one.
"""

from collections.abc import Callable, Iterator

import structlog

from webapp.admin.checks.declaration import Declaration
from webapp.admin.checks.filters import filter_problems
from webapp.admin.checks.forms import form_problems
from webapp.admin.checks.hooks import action_problems, hook_problems
from webapp.admin.checks.indexes import index_problems
from webapp.admin.checks.inlines import inline_problems
from webapp.admin.checks.lists import list_problems
from webapp.admin.checks.models import model_problems
from webapp.admin.checks.shapes import shape_problems
from webapp.admin.checks.vocabulary import word_problems
from webapp.admin.problems import DeclarationError, Problem
from webapp.admin.site import AdminSite

CHECKS: tuple[Callable[[Declaration], Iterator[Problem]], ...] = (
    word_problems,
    shape_problems,
    model_problems,
    list_problems,
    filter_problems,
    form_problems,
    inline_problems,
    hook_problems,
    action_problems,
)

log = structlog.stdlib.get_logger("webapp.checks")


def check(site: AdminSite) -> list[Problem]:
    """What is wrong with the declarations of *site*, errors and warnings."""
    found = list(site.refused)
    for model_admin in site:
        declaration = Declaration(site, model_admin)
        for problems in CHECKS:
            found += problems(declaration)
    # Several admins may inherit one wrong word from a base, and one class may look after several models.
    return list(dict.fromkeys(found))


def missing_indexes(site: AdminSite) -> list[Problem]:
    """What the lists of *site*, which has no errors, need of the database to stay fast; told to who asks."""
    return [problem for model_admin in site for problem in index_problems(Declaration(site, model_admin))]


def require_sound(site: AdminSite) -> None:
    """Let the application start only with sound declarations; what is merely doubtful is logged.

    :raises DeclarationError: with every problem there is.
    """
    problems = check(site)
    if any(problem.is_error for problem in problems):
        raise DeclarationError(problems)
    for problem in problems:
        log.warning("declaration", problem=str(problem))
