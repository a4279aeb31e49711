"""Does the time of a failed sign-in tell why? `python -m tests.torture.timing`, on a machine with nothing else to do.

LG-06: 200 tries of each kind in turn, with hashes as in production. A median that differs by 5 % or more, or a p of
Mann and Whitney's test below 0.01, is a finding. That each costs one hash is tested in CI.
"""

import sys
from random import Random
from statistics import NormalDist, median
from tempfile import TemporaryDirectory
from time import perf_counter
from unittest.mock import patch

from flask import Flask

from tests.conftest import add_user, close, make_settings
from tests.pages import PASSWORD, Visitor
from webapp import create_app
from webapp.account import throttle
from webapp.database import Base
from webapp.extensions import db
from webapp.users.passwords import PasswordHash, hash_password

UNKNOWN = "unknown"


def measure(app: Flask, times: int) -> dict[str, list[float]]:
    """The seconds of so many tries of each kind."""
    add_user(app, "wrong", password=hash_password("pomar de figos maduros"))
    add_user(app, "inactive", is_active=False)
    add_user(app, "no-staff", is_staff=False)
    add_user(app, "unusable", password=PasswordHash("!"))
    taken: dict[str, list[float]] = {
        name: [] for name in (UNKNOWN, "wrong", "inactive", "no-staff", "unusable")
    }
    form = Visitor(app).get("/login").form().fill(password=PASSWORD)
    chance = Random(7)  # noqa: S311 - any order will do
    for _time in range(times):
        for name in chance.sample(sorted(taken), len(taken)):
            form.fields["username"] = name
            began = perf_counter()
            page = form.submit("_login")
            taken[name].append(perf_counter() - began)
            assert page.status == 422, page.status
    return taken


def likelihood(some: list[float], others: list[float]) -> float:
    """How often chance alone sets two such rows apart so far (Mann and Whitney, by the normal distribution)."""
    ranked = sorted([*((value, True) for value in some), *((value, False) for value in others)])
    ranks = sum(rank for rank, (_value, is_some) in enumerate(ranked, 1) if is_some)
    number, product = len(some), len(some) * len(others)
    distance = ranks - number * (number + 1) / 2 - product / 2
    spread = (product * (len(ranked) + 1) / 12) ** 0.5
    return 2 * (1 - NormalDist().cdf(abs(distance / spread)))


def main() -> int:
    unlimited = 10**6
    with TemporaryDirectory() as folder, patch.object(throttle, "MOST_IN_A_ROW", unlimited):
        app = create_app(make_settings(DATABASE_URL=f"sqlite:///{folder}/test.db", LOG_LEVEL="CRITICAL"))
        app.config |= dict.fromkeys(
            ("LOGIN_TRIES_PER_ACCOUNT", "LOGIN_TRIES_PER_ADDRESS", "LOGIN_TRIES_IN_ALL"), unlimited
        )
        with app.app_context():
            Base.metadata.create_all(db.engine)
        taken = measure(app, int(sys.argv[1]) if len(sys.argv) > 1 else 200)
        close(app)
    found = 0
    for name, seconds in taken.items():
        gap = median(seconds) / median(taken[UNKNOWN]) - 1
        chance = likelihood(seconds, taken[UNKNOWN])
        found += abs(gap) >= 0.05 or (name != UNKNOWN and chance < 0.01)
        print(f"{name:10} median {median(seconds) * 1000:7.1f} ms, {gap:+.1%}, p = {chance:.3f}")
    return found


if __name__ == "__main__":
    sys.exit(main())
