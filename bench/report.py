"""The figures as a table in Markdown."""

from typing import NamedTuple

from bench.measuring import Measured

HEADS = ("page", "ms", "floor, ms", "ratio", "CPU ms", "floor, CPU ms", "ratio", "kB", "at most")


class Line(NamedTuple):
    name: str
    ours: Measured
    floor: Measured
    target: float | None


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
    )
    return f"| {' | '.join(cells)} |"
