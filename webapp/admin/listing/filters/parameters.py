"""The parameters of a list's address: whose they are, and what is said of one that cannot be used."""

FORMAT = "format"
# The files that a list can be had as, with what to call each.
EXPORT_FORMATS = {"csv": "CSV", "json": "JSON", "ndjson": "NDJSON"}
# The parameter and the one value that ask for the number of all rows, however many there are.
COUNT, EXACT = "count", "exact"
# Parameters of the list itself; a column that bears one of these names is addressed with its operator.
OWN_PARAMETERS = frozenset(
    {"q", "sort", "size", "after", "before", "last", "from", "columns", "view", "facets", COUNT, FORMAT}
)


class BadParameter(ValueError):
    """A part of the address that this list does not understand.

    :ivar parameter: its name, so that the page can name it and link to the list without it.
    """

    def __init__(self, parameter: str, message: str) -> None:
        super().__init__(message)
        self.parameter = parameter
        self.message = message


def parameter_of(name: str, operator: str) -> str:
    """The one name of a filter in an address."""
    short = operator == "eq" and name not in OWN_PARAMETERS
    return name if short else f"{name}__{operator}"
