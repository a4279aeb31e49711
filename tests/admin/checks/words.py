"""What may be wrong with what things are called, and with how a word is spelt."""

from tests.admin.checks.novels import Row, decorated, takes_one
from webapp.admin.options import display
from webapp.texts import lazy_gettext as _l

WORDINGS: list[Row] = [
    ({"labels": ("title",)}, "E511", 'Write labels = {"name": "…"}', {"labels": {"title": _l("Title")}}),
    ({"choices": ()}, "E511", "() is no dictionary", {"choices": {}}),
    ({"label": ("Novel",)}, "E512", "is no text", {"label": _l("Novel")}),
    ({"empty_value_display": None}, "E512", "None is no text", {"empty_value_display": "-"}),
    ({"icon": "tabel"}, "E536", "Did you mean 'table'?", {"icon": "box"}),
    (
        {"labels": {"titel": "T"}},
        "E537",
        "Did you mean 'title'?",
        {"labels": {"writer": "T", "is_thick": "T"}},
    ),
    ({"help_texts": {"titel": "T"}}, "E537", "help_texts['titel']", {"help_texts": {"title": "T"}}),
    (
        {"labels": {"shown": "T"}, "shown": takes_one},
        "E537",
        "What a method is called is said with @display",
        {"shown": decorated(display("T"), takes_one)},
    ),
    (
        {"choices": {"writer": (("a", "A"),)}},
        "E537",
        "'writer' is no column of Novel",
        {"choices": {"pages": [(1, "One")]}},
    ),
    ({"choices": {"title": ("ab", "cd")}}, "E538", "no pairs", {"choices": {"title": (("a", "b"),)}}),
    ({"choices": {"title": (("a", "b", "c"),)}}, "E538", "choices['title']", {}),
    ({"list_dispaly": ("title",)}, "E535", "Did you mean 'list_display'?", {"list_display": ("title",)}),
    ({"can_delte": False}, "E535", "Did you mean 'can_delete'?", {"can_delete": False}),
    ({"qeury": takes_one}, "E535", "Did you mean 'query'?", {"query": takes_one}),
    ({"get_fieldset": takes_one}, "E535", "'get_fieldsets'", {"get_list": takes_one, "get_line": takes_one}),
    ({"search_field": ("title",)}, "E535", "begin it with an underscore", {"_search_field": ("title",)}),
    ({"fieldset": ()}, "E535", "Did you mean 'fieldsets'?", {"add_fieldsets": ()}),
]
