"""How long, and how much of a processor: in turns, so that a busy machine is busy for both."""

from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter

from bench.servers import Server

WARM_UP = 5
ROUNDS = 40


@dataclass
class Measured:
    """Milliseconds of each request: by the clock, and of the server's processors; and the bytes of one answer."""

    clock: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    size: int = 0

    @property
    def median_clock(self) -> float:
        return median(self.clock)

    @property
    def median_cpu(self) -> float:
        return median(self.cpu)


Ask = Callable[[], int]


def in_turns(asks: list[tuple[Server, Ask]], rounds: int = ROUNDS) -> list[Measured]:
    """Ask each in turn, *rounds* times after a warm-up; an ask gives the bytes that it was answered with."""
    results = [Measured() for _ask in asks]
    for number in range(-WARM_UP, rounds):
        for (server, ask), result in zip(asks, results, strict=True):
            cpu, begun = server.cpu(), perf_counter()
            size = ask()
            clock = (perf_counter() - begun) * 1000
            if number >= 0:
                result.clock.append(clock)
                result.cpu.append(server.cpu() - cpu)
                result.size = size
    return results


def getting(server: Server, address: str) -> Ask:
    """An ask for a page, which must be there."""

    def ask() -> int:
        answer = server.get(address)
        if answer.status != 200:
            raise SystemExit(f"{address} was answered with {answer.status}.")
        return len(answer.body)

    return ask
