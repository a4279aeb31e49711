"""What may be wrong with the name of an admin and with its model."""

from tests.admin.checks.novels import AnyPage, Copy, LongPage, Page, Row

MODELS: list[Row] = [
    ({"name": "Novels"}, "E501", "'Novels' cannot be an address", {"name": "novels2"}),
    ({"name": 5}, "E501", "5 cannot be an address", {}),
    ({"name": "a" * 101}, "E501", "at most 100", {"name": "a" * 100}),
    ({"name": "static"}, "E502", "'static' is an address of the system", {"name": "statics"}),
    ({"name": "writers"}, "E503", "'writers' is the name of WriterAdmin already", {"name": "authors"}),
    ({"model": LongPage}, "E506", "(path, language) may have 256 characters", {"model": Page}),
    ({"model": AnyPage}, "W502", "may be of any length", {"model": Page}),
    ({"model": int}, "E504", "int is no mapped class", {"model": Copy, "exclude": ("novel_id",)}),
]
