"""What may be wrong with the words of the filters: columns, relations, the admin's own, and the drill-down by dates."""

from typing import Any

from tests.admin.checks.novels import Row, decorated, takes_one, takes_two
from webapp.admin.options import choice_filter

PAIRS = (("new", "New"), ("old", "Old"))


def filtered_by(function: Any = takes_two, choices: Any = PAIRS) -> dict[str, Any]:
    return {
        "shown": decorated(choice_filter("Shown", choices=choices), function),
        "list_filter": ("shown",),
    }


FILTERS: list[Row] = [
    ({"list_filter": "pages"}, "E112", 'Write ("pages",)', {"list_filter": ("pages",)}),
    ({"list_filter": (("pages", object),)}, "E113", "list_filter[0]", {"list_filter": ("pages",)}),
    ({"list_filter": ("page",)}, "E116", "Did you mean 'pages'?", {"list_filter": ("pages",)}),
    ({"list_filter": ("shout",)}, "E116", "'shout' is no column of Novel", {"list_filter": ("is_thick",)}),
    (
        {"list_filter": ("writer.name",)},
        "E116",
        "'writer.name' is no column of Novel",
        {"list_filter": ("writer",)},
    ),
    (
        {"list_filter": ("stickers",)},
        "E518",
        "leads to Sticker, which is not registered",
        {"list_filter": ("writer",)},
    ),
    ({"list_filter": ("facts",)}, "E519", "of the kind json", {"list_filter": ("cover",)}),
    (
        {"list_filter": ("shown",), "shown": takes_two},
        "E560",
        "The method 'shown' is not said to be a filter. Decorate it with @choice_filter",
        filtered_by(),
    ),
    (filtered_by(takes_one), "E561", "Write def shown(self, value, user):", filtered_by()),
    (filtered_by(choices=("new", "old")), "E562", "no pairs of a value", filtered_by(choices=[(1, "One")])),
    (filtered_by(choices=()), "E562", "@choice_filter(choices=()) offers no pairs", filtered_by()),
    (
        filtered_by(choices=lambda user: PAIRS),
        "E562",
        "with self and user",
        filtered_by(choices=lambda self, user: PAIRS),
    ),
    # The drill-down
    ({"date_hierarchy": ("day",)}, "E512", "is no text", {}),
    ({"date_hierarchy": "dya"}, "E127", "Did you mean 'day'?", {}),
    ({"date_hierarchy": "writer"}, "E127", "'writer' is no column", {}),
    ({"date_hierarchy": "is_thick"}, "E127", "There are: day, printed_on", {}),
    ({"date_hierarchy": "pages"}, "E128", "of the kind integer and holds no dates", {}),
    ({"date_hierarchy": "api_token"}, "E514", "looks secret", {}),
    ({"date_hierarchy": "day"}, "W560", "No index begins with 'day'", {"date_hierarchy": "printed_on"}),
    (
        {"date_hierarchy": "day"},
        "W560",
        "stays_small = True",
        {"date_hierarchy": "day", "stays_small": True},
    ),
]
