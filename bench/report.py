"""The figures as a table in Markdown."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from bench.measuring import Measured

HEADS = (
    "page",
    "ms",
    "floor, ms",
    "ratio",
    "CPU ms",
    "floor, CPU ms",
    "ratio",
    "kB",
    "at most",
    "to our first page",
    "at most",
)


class Line(NamedTuple):
    """:ivar first: our own first page, asked in the same turns; *of_first* what the ratio to it should be at most."""

    name: str
    ours: Measured
    floor: Measured
    target: float | None
    first: Measured | None = None
    of_first: float | None = None


def head() -> str:
    return f"| {' | '.join(HEADS)} |\n|---|{'---:|' * (len(HEADS) - 1)}"


def row(line: Line) -> str:
    ours, floor = line.ours, line.floor
    cells = (
        line.name,
        f"{ours.median_clock:.1f}",
        f"{floor.median_clock:.1f}",
        f"{ours.median_clock / floor.median_clock:.2f}",
        f"{ours.median_cpu:.1f}",
        f"{floor.median_cpu:.1f}",
        f"{ours.median_cpu / floor.median_cpu:.2f}",
        f"{ours.size / 1000:.1f}",
        f"{line.target:g}" if line.target else "",
        f"{ours.median_clock / line.first.median_clock:.2f}" if line.first else "",
        f"{line.of_first:g}" if line.of_first else "",
    )
    return f"| {' | '.join(cells)} |"


def sizes(measured: Mapping[int, Sequence[Line]]) -> str:
    """The milliseconds of each page for each number of rows, and how they grow from the fewest to the most."""
    heads = ("page", *(f"{size:,} rows, ms" for size in sorted(measured)), "ratio")
    lines = [f"| {' | '.join(heads)} |", f"|---|{'---:|' * (len(heads) - 1)}"]
    for group in zip(*(measured[size] for size in sorted(measured)), strict=True):
        clocks = [line.ours.median_clock for line in group]
        cells = (group[0].name, *(f"{clock:.1f}" for clock in clocks), f"{clocks[-1] / clocks[0]:.2f}")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
