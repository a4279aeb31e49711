"""``make bench``: Zelador beside the floor, for each engine and size, as medians and ratios.

``SIZES="10000 1000000"`` and ``ENGINES="sqlite postgresql"`` choose. What is filled stays in ``bench/databases`` and in
the databases ``zelador_bench_…`` of the server in ``BENCH_POSTGRESQL``, so that the next run begins at once.
"""

import os
import sys
from itertools import count
from time import perf_counter

from bench import shelf
from bench.data import DATABASES, filled
from bench.export import Exported, bare_loop, exported
from bench.measuring import Ask, Measured, getting, in_turns
from bench.report import Line, head, row, sizes
from bench.scenarios import FIRST, Scenario, facts_of, scenarios
from bench.servers import Server, floor, zelador

# Few rows, to compare a form with that leads to many.
FEW = 10
SHELF = "bench.shelf:create_app()"


def main() -> None:
    engines = os.environ.get("ENGINES", "sqlite postgresql").split()
    numbers = [int(size) for size in os.environ.get("SIZES", "1000000").split()]
    if unknown := set(engines) - DATABASES.keys():
        raise SystemExit(
            f"No figures of {', '.join(sorted(unknown))}: the engines are {', '.join(DATABASES)}."
        )
    for engine in engines:
        measured = {}
        for size in numbers:
            database = filled(engine, size)
            if database is None:
                print(f"\n{engine} is left out: nothing listens at BENCH_POSTGRESQL.", file=sys.stderr)
                continue
            measured[size] = measure(engine, database)
        tell_form(engine, max(numbers))
        if len(measured) > 1:
            print(f"\n### {engine}, few rows and many\n\n{sizes(measured)}")


def measure(engine: str, database: str) -> list[Line]:
    begun, facts = perf_counter(), facts_of(database)
    print(f"\n## {engine}, {facts.rows:,} users\n\n{head()}")
    with zelador(database) as ours, floor(database) as bare:
        lines = []
        first = (ours, getting(ours, FIRST))
        for scenario in scenarios(facts):
            pages = [(ours, getting(ours, scenario.address)), (bare, getting(bare, scenario.floor))]
            lines.append(tell(scenario, in_turns([*pages, first])))
        saves = [(ours, saving(ours, facts.middle_id)), (bare, saving_bare(bare, facts.middle_id))]
        lines.append(tell(Scenario("save", "", "", 7), in_turns(saves)))
        tell_export(exported(ours), bare_loop(database))
    print(f"\n{perf_counter() - begun:.0f} seconds of measuring.")
    return lines


def tell(scenario: Scenario, measured: list[Measured]) -> Line:
    ours, bare, *first = measured
    line = Line(scenario.name, ours, bare, scenario.target, *first, of_first=scenario.of_first)
    print(row(line), flush=True)
    return line


def tell_form(engine: str, size: int) -> None:
    """The form that leads to very many rows, beside the same one where there are ten of each."""
    large, small = filled(engine, size), filled(engine, FEW)
    if large is None or small is None:
        return
    shelf.fill(large, size)
    shelf.fill(small, FEW)
    with zelador(large, SHELF) as many, zelador(small, SHELF) as few:
        found, beside = in_turns([(one, getting(one, shelf.ADDRESS)) for one in (many, few)])
    print(
        f"\nForm with a relation to {size:,} rows, {min(size, shelf.TAGS):,} chosen and {min(size, shelf.NOTES):,} "
        f"children: {found.median_clock:.1f} ms, {found.median_cpu:.1f} of a processor, {found.size / 1000:.1f} kB (at "
        f"most 60); the same form with {FEW} of each {beside.median_clock:.1f} and {beside.median_cpu:.1f} ms: ratio "
        f"{found.median_clock / beside.median_clock:.2f} and {found.median_cpu / beside.median_cpu:.2f} (at most 1.5)."
    )


def tell_export(csv: Exported, bare: float) -> None:
    print(
        f"\nExport as CSV: {csv.seconds:.1f} s, a bare loop {bare:.1f} s (ratio {csv.seconds / bare:.2f}, at most 2); "
        f"first byte after {csv.first:.0f} ms, {csv.size / 1e6:.0f} MB, the worker grew by {csv.grown:.1f} MiB."
    )


def saving(server: Server, number: int) -> Ask:
    """An ask that saves another full name each time; the form is read before, and not measured."""
    address, numbers = f"/users/{number}/change/", count()
    names = ("csrf_token", "_version", "username", "email")
    form = {}

    def ask() -> int:
        if not form:
            page = server.get(address)
            form.update({name: page.field(name) for name in names})
            form.update(is_active="y", _save="1")
        answer = server.post(address, {**form, "full_name": f"Measured {next(numbers)}"})
        form["_version"] = str(int(form["_version"]) + 1)
        return len(_moved(answer.status, answer.body))

    return ask


def saving_bare(server: Server, number: int) -> Ask:
    numbers = count()

    def ask() -> int:
        answer = server.post(f"/users/{number}", {"full_name": f"Measured {next(numbers)}"})
        return len(_moved(answer.status, answer.body))

    return ask


def _moved(status: int, body: bytes) -> bytes:
    if status != 303:
        raise SystemExit(f"A save was answered with {status}.")
    return body


if __name__ == "__main__":
    main()
