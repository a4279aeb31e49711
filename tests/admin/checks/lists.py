"""What may be wrong with the words of the list, and with the columns and methods that it shows."""

from typing import Any

from tests.admin.checks.novels import Novel, Row, decorated, takes_nothing, takes_one, takes_two
from webapp.admin.options import display


def sort_by(name: Any) -> dict[str, Any]:
    return {"shown": decorated(display("Shown", order_by=name), takes_one), "list_display": ("shown",)}


def edited(*names: str, **words: Any) -> dict[str, Any]:
    """The last of the columns is edited in the list."""
    return {"list_display": names, "list_editable": names[-1:], **words}


LISTS: list[Row] = [
    # The list
    ({"list_display": "title"}, "E107", 'Write ("title",)', {"list_display": ("title",)}),
    ({"list_display": None}, "E107", "None is no tuple of names", {"list_display": ()}),
    ({"list_display": {"title"}}, "E107", "a set has no order", {"list_display": ["title"]}),
    ({"list_display": takes_one}, "E107", "get_list_display(self, user)", {"get_list_display": takes_one}),
    ({"list_display": ("id", takes_one)}, "E107", "list_display[1]: takes_one()", {"list_display": ("id",)}),
    (
        {"list_display": (Novel.title,)},
        "E107",
        "Write the name as a text, 'title'",
        {"list_display": ("title",)},
    ),
    (
        {"list_display": ("id", "slug", "titel")},
        "E108",
        "NovelAdmin.list_display[2]: 'titel' is no column, attribute or method of Novel or NovelAdmin. "
        "Did you mean 'title'? (admin.E108)",
        {"list_display": ("id", "slug", "title")},
    ),
    (
        {"list_display": ("writer.name",)},
        "E108",
        "does not lead through relations",
        {"list_display": ("writer",)},
    ),
    ({"list_display": ("label",)}, "E108", "'label' is no column", {"list_display": ("__str__",)}),
    ({"list_display": ("query",)}, "E108", "'query' is no column", {"list_display": ("is_thick",)}),
    (
        {"list_select_related": ("sold",)},
        "E109",
        "list_select_related[0]",
        {"list_select_related": ("writer",)},
    ),
    (sort_by(["title"]), "E516", "It is no name of a column", sort_by("title")),
    ({"stays_small": "yes"}, "E590", "stays_small = True", {"stays_small": True}),
    ({"list_per_page": 10**30}, "E118", "from 1 to 1000", {"list_per_page": 1000}),
    ({"list_display": ("sold",)}, "E109", "more than can be read", {"list_display": ("stickers",)}),
    ({"list_display_links": "title"}, "E110", 'Write ("title",)', {"list_display_links": None}),
    (
        {"list_display": ("id", "title"), "list_display_links": ("titel",)},
        "E111",
        "'titel' is in neither list_display nor list_columns. Did you mean 'title'?",
        {"list_display": ("id", "title"), "list_display_links": ("title",)},
    ),
    (
        {"list_columns": ("slug",), "list_display_links": ("title",)},
        "E111",
        "There are: __str__, slug",
        {"list_columns": ("slug",), "list_display_links": ("slug",)},
    ),
    ({"list_columns": "title"}, "E570", 'Write ("title",)', {"list_columns": ("title",)}),
    ({"list_columns": (Novel.title,)}, "E570", "list_columns[0]", {"get_list_columns": takes_one}),
    (
        {"list_columns": ("titel",)},
        "E108",
        "list_columns[0]: 'titel' is no column",
        {"list_columns": ["title"]},
    ),
    ({"list_columns": ("sold",)}, "E109", "list_columns[0]", {"list_columns": ("writer", "stickers")}),
    ({"list_columns": ("api_token",)}, "E514", "list_columns[0]", {"list_columns": ("token_count",)}),
    (
        {"list_columns": ("shown",), "shown": takes_nothing},
        "E515",
        "list_columns[0]",
        {"list_columns": ("shown",), "shown": takes_one},
    ),
    ({"list_display_links": ("title",)}, "E111", "There are: __str__", {"list_display_links": ("__str__",)}),
    ({"list_select_related": True}, "E117", "True is no tuple", {"list_select_related": ("writer",)}),
    ({"history_fields": "title"}, "E593", 'Write ("title",)', {"history_fields": ("title",)}),
    (
        {"history_fields": ("titel",)},
        "E594",
        "Did you mean 'title'?",
        {"history_fields": ("title", "writer")},
    ),
    ({"list_select_related": ("title",)}, "E517", "'title' is no relation of Novel", {}),
    ({"list_editable": "pages"}, "E120", 'Write ("pages",)', edited("title", "pages")),
    ({"list_editable": ("pages",)}, "E122", "'pages' is in neither list_display", edited("id", "pages")),
    (
        edited("pages"),
        "E123",
        "'pages' leads to the object",
        edited("title", "pages", list_display_links=None),
    ),
    (edited("title", "writer"), "E125", "changed on the object's page", edited("title", "slug")),
    ({"list_per_page": "50"}, "E118", "'50' is no number of rows", {"list_per_page": 50}),
    ({"list_per_page": 0}, "E118", "from 1", {"list_per_page": 1}),
    ({"list_per_page": True}, "E118", "True is no number", {}),
    ({"search_fields": "title"}, "E126", 'Write ("title",)', {"search_fields": ("title",)}),
    ({"search_fields": ("titel",)}, "E521", "Did you mean 'title'?", {"search_fields": ("title", "slug")}),
    ({"search_fields": ("^title",)}, "E521", "Did you mean 'title'?", {"search_fields": ("title",)}),
    ({"search_fields": ("writer__name",)}, "E520", "as in 'writer.name'", {"search_fields": ("cover",)}),
    ({"search_fields": ("writer",)}, "E520", "lies behind a relation", {"search_fields": ("writer.name",)}),
    ({"search_fields": ("wrter.name",)}, "E550", "no relation of Novel", {"search_fields": ("editor.name",)}),
    ({"search_fields": ("writer.nam",)}, "E521", "is no column of Writer. Did you mean 'name'?", {}),
    ({"search_fields": ("writer.id",)}, "E522", "holds no text to search", {}),
    ({"search_fields": ("writer.pen_token",)}, "E514", "'writer.pen_token' looks secret", {}),
    ({"search_fields": ("pages",)}, "E522", "holds no text to search. Put it into list_filter", {}),
    ({"search_fields": ("scan",)}, "E522", "of the kind binary", {}),
    ({"ordering": "title"}, "E031", 'Write ("title",)', {"ordering": ("title",)}),
    ({"ordering": ("?",)}, "E032", "A random order has no pages", {"ordering": ("-title", "pages")}),
    ({"ordering": ("-titel",)}, "E033", "Did you mean 'title'?", {"ordering": ("-title",)}),
    ({"ordering": ("facts",)}, "E523", "of the kind json", {"ordering": ("is_thick",)}),
    (sort_by("titel"), "E516", "Did you mean 'title'?", sort_by("title")),
    (sort_by("scan"), "E523", "of the kind binary", sort_by("is_thick")),
    # What looks secret
    ({"list_display": ("api_token",)}, "E514", "looks secret", {"list_display": ("token_count",)}),
    ({"list_filter": ("api_token",)}, "E514", 'info={"sensitive": False}', {"list_filter": ("token_count",)}),
    ({"search_fields": ("api_token",)}, "E514", "search_fields[0]", {}),
    ({"ordering": ("-api_token",)}, "E514", "ordering[0]", {"ordering": ("-token_count",)}),
    (sort_by("api_token"), "E514", "'api_token' looks secret", sort_by("token_count")),
    # Methods that compute
    (
        {"list_display": ("shown",), "shown": takes_nothing},
        "E515",
        "Write def shown(self, obj):",
        {"list_display": ("shown",), "shown": takes_one},
    ),
    (
        {"list_display": ("in_currency",)},
        "E515",
        "The method Novel.in_currency",
        {"list_display": ("shout",)},
    ),
    (
        {"readonly_fields": ("shown",), "shown": takes_two},
        "E515",
        "NovelAdmin.readonly_fields[0]",
        {"readonly_fields": ("shown", "shelf"), "shown": takes_one},
    ),
]
