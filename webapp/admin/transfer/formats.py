"""The formats of a file: what stands before the rows, how a batch of them is written, and what stands after."""

import csv
from collections.abc import Mapping, Sequence
from io import StringIO
from json.encoder import encode_basestring
from typing import Any, ClassVar

from webapp.admin.display import ShownColumn
from webapp.admin.transfer.values import Cells, csv_cell, csv_cells, json_cells


class Format:
    """Writes one file with *columns*."""

    mimetype: ClassVar[str]

    def __init__(self, columns: Sequence[ShownColumn]) -> None:
        self.names = [column.name for column in columns]
        self.cells = [self.cells_of(column.kind) for column in columns]

    def cells_of(self, kind: str) -> Cells:
        raise NotImplementedError

    def head(self) -> str:
        return ""

    def rows(self, batch: Sequence[Sequence[Any]]) -> str:
        """A batch of rows, given column by column."""
        raise NotImplementedError

    def tail(self) -> str:
        return ""

    def _finished(self, batch: Sequence[Sequence[Any]]) -> "zip[tuple[Any, ...]]":
        cells = [write(values) for write, values in zip(self.cells, batch, strict=True)]
        return zip(*cells, strict=True)


class Csv(Format):
    """RFC 4180, in UTF-8 with a byte order mark: without it Excel takes it for another encoding."""

    mimetype = "text/csv"

    def cells_of(self, kind: str) -> Cells:
        return csv_cells(kind)

    def head(self) -> str:
        return "\ufeff" + self._lines([[csv_cell(name) for name in self.names]])

    def rows(self, batch: Sequence[Sequence[Any]]) -> str:
        return self._lines(self._finished(batch))

    def _lines(self, rows: Any) -> str:
        text = StringIO(newline="")
        csv.writer(text).writerows(rows)
        return text.getvalue()


class NdJson(Format):
    """An object a line."""

    mimetype = "application/x-ndjson"
    separator = "\n"

    def __init__(self, columns: Sequence[ShownColumn]) -> None:
        super().__init__(columns)
        pairs = [f"{encode_basestring(name).replace('%', '%%')}: %s" for name in self.names]
        self.pattern = "{" + ", ".join(pairs) + "}"

    def cells_of(self, kind: str) -> Cells:
        return json_cells(kind)

    def rows(self, batch: Sequence[Sequence[Any]]) -> str:
        return self.separator.join(map(self.pattern.__mod__, self._finished(batch))) + "\n"


class Json(NdJson):
    """One array of objects."""

    mimetype = "application/json"
    separator = ",\n"

    def __init__(self, columns: Sequence[ShownColumn]) -> None:
        super().__init__(columns)
        self.before = ""

    def head(self) -> str:
        return "[\n"

    def rows(self, batch: Sequence[Sequence[Any]]) -> str:
        before, self.before = self.before, ","
        return before + super().rows(batch)

    def tail(self) -> str:
        return "]\n"


#: By the word in the address, :data:`webapp.admin.listing.filters.parameters.EXPORT_FORMATS`.
FORMATS: Mapping[str, type[Format]] = {"csv": Csv, "json": Json, "ndjson": NdJson}
