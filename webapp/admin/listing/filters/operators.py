"""The operators of a filter, by the kind of column, each with the word that a chip shows."""

from collections.abc import Mapping
from typing import Any

from webapp.texts import lazy_gettext as _l

_SAME = {"eq": _l("is"), "ne": _l("is not")}
_ONE_OF = {"in": _l("is one of")}
_EMPTY = {"isnull": _l("is empty")}
_SIZE = {"gt": _l("over"), "gte": _l("at least"), "lt": _l("under"), "lte": _l("at most")}
_ORDER = {"gt": _l("after"), "gte": _l("from"), "lt": _l("before"), "lte": _l("until")}
# Each of these needs the one before it, as a day is one of a month.
CALENDAR = ("year", "month", "day")
# What these say is said by their values.
_DAYS = dict.fromkeys(("last", *CALENDAR), "")

OPERATORS: Mapping[str, Mapping[str, Any]] = {
    "text": _SAME | {"contains": _l("contains"), "startswith": _l("starts with")} | _ONE_OF | _EMPTY,
    "longtext": {"contains": _l("contains")} | _EMPTY,
    "boolean": _SAME | _EMPTY,
    "integer": _SAME | _SIZE | _ONE_OF | _EMPTY,
    "decimal": _SAME | _SIZE | _ONE_OF | _EMPTY,
    "number": _SAME | _SIZE | _ONE_OF | _EMPTY,
    "date": _SAME | _ORDER | _DAYS | _EMPTY,
    "datetime": _SAME | _ORDER | _DAYS | _EMPTY,
    "time": _SAME | _ORDER | _EMPTY,
    "interval": _SAME | _SIZE | _EMPTY,
    "enum": _SAME | _ONE_OF | _EMPTY,
    "uuid": _SAME | _ONE_OF | _EMPTY,
}
#: A relation has these; whether it leads to one row or to many makes no difference to who asks.
RELATION_OPERATORS: Mapping[str, Any] = _SAME | _ONE_OF | _EMPTY
CHOICE_OPERATORS: Mapping[str, Any] = {"eq": _l("is")}
#: Both ends on one chip; an address says it as ``gte`` and ``lte``.
BETWEEN = _l("between")
