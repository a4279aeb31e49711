"""What is measured: an address of Zelador, and the floor's page of the same rows."""

from dataclasses import dataclass

from sqlalchemy import create_engine, text

# Words to search for; the one nearest to 6 % of the rows is the common one.
CANDIDATES = ("ann", "mar", "ana", "son", "ria", "silva", "lin", "oha", "rod", "wang", "ova", "kha")
COMMON_SHARE = 0.06
NOBODY = "zqwerin"
# Our own first page, which others are compared with too.
FIRST = "/users/?size=100"
# What the list of users shows, and so the floor, as far as it is in the table: the status as what it is told by most
# often. The groups, and the statement for them, are Zelador's own.
COLUMNS = ("username", "email", "full_name", "is_active", "last_login_at")


@dataclass(frozen=True)
class Scenario:
    """:ivar floor: the bare page that it is compared with, *target* what the ratio should be at most.

    :ivar of_first: what the ratio to our own first page should be at most.
    """

    name: str
    address: str
    floor: str
    target: float | None = None
    of_first: float | None = None


@dataclass(frozen=True)
class Facts:
    """What is known of the rows that are measured with."""

    rows: int
    middle: str
    middle_id: int
    rare: str
    email: str
    common: str
    common_share: float
    month: str


def facts_of(database: str) -> Facts:
    """Look for the row in the middle and for words that many, few and no rows hold."""
    engine = create_engine(database)
    with engine.connect() as connection:
        rows = connection.scalar(text("SELECT count(*) FROM users")) or 0
        middle = "SELECT id, username, email, created_at FROM users ORDER BY username LIMIT 1 OFFSET :half"
        found = connection.execute(text(middle), {"half": rows // 2}).one()
        year, month = str(found.created_at)[:7].split("-")
        counted = ", ".join(f"count(CASE WHEN {_holds(word)} THEN 1 END)" for word in CANDIDATES)
        counts = connection.execute(text(f"SELECT {counted} FROM users")).one()  # noqa: S608 - words from above
    engine.dispose()
    shares = {word: count / rows for word, count in zip(CANDIDATES, counts, strict=True)}
    common = min(shares, key=lambda word: abs(shares[word] - COMMON_SHARE))
    return Facts(
        rows=rows,
        middle=found.username,
        middle_id=found.id,
        # Without its first letter it is no beginning of the name, so only an index of its parts finds it.
        rare=found.username[1:],
        email=found.email,
        common=common,
        common_share=shares[common],
        month=f"created_at__year={year}&created_at__month={int(month)}",
    )


def _holds(word: str) -> str:
    columns = ("username", "email", "lower(full_name)")
    return "(" + " OR ".join(f"{column} LIKE '%{word}%'" for column in columns) + ")"


def scenarios(facts: Facts) -> list[Scenario]:
    first = "/users/"
    return [
        Scenario("first page", FIRST, first, 3),
        Scenario("deep page", f"/users/?size=100&from={facts.middle}", f"/users/?after={facts.middle}", 3),
        Scenario("last page", "/users/?size=100&last=1", "/users/?order=last", 3),
        Scenario("sorted by e-mail, descending", "/users/?size=100&sort=-email", "/users/?order=sorted", 3),
        Scenario("filtered, staff", "/users/?size=100&is_staff=true", "/users/?staff=1", 3),
        Scenario("search, an e-mail", f"/users/?size=100&q={facts.email}", first, None, 1.2),
        Scenario("search, rare", f"/users/?size=100&q={facts.rare}", first, None, 1.2),
        Scenario("search, nothing", f"/users/?size=100&q={NOBODY}", first, None, 1.2),
        Scenario(
            f"search, {facts.common_share:.0%} of the rows", f"/users/?size=100&q={facts.common}", first, 10
        ),
        Scenario("exact count", "/users/?size=100&count=exact", first),
        Scenario(
            "one month", f"/users/?size=100&sort=created_at&{facts.month}", "/users/?order=dated", None, 1.5
        ),
        Scenario("change form", f"/users/{facts.middle_id}/change/", f"/users/{facts.middle_id}", 4),
    ]
