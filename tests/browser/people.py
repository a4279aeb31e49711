"""Names as they come: from many places, very long, written from right to left, and meant to break a page."""

HOSTILE = [
    ("<b>bold</b>&amp;", "<script>document.title = 'broken'</script>"),
    ("x" * 150, "Wolfeschlegelsteinhausenbergerdorff" * 4),
    ("a.very.long.user.name.with.dots@an.equally.long.host.name.example", "One " * 37),
    ("פנינה", "פנינה כהן (Tel Aviv)"),
    ("محمد", "محمد عبد الله ‏‎123"),
    ("王芳", "王芳"),
    ("zalgo", "Z̷̧͍͑a̸̡l̶̨g̴̢ö̵̩́"),
]

_FIRST = (
    "Ana Bruno Camila Diego Elena Farid Grace Hiro Inês João "
    "Kofi Lúcia Mateo Noor Olga Priya Quentin Rosa Sven Tomás"
)
_LAST = (
    "Almeida Bauer Costa Dubois Eriksson Ferreira García Haddad Ivanova Jansen Kim Lopes Moreau Nguyễn Okafor"
)


def everyday(number: int) -> list[tuple[str, str]]:
    """So many different people, at most 300: each a username and a full name."""
    pairs = [(first, last) for last in _LAST.split() for first in _FIRST.split()]
    return [(f"{first}.{last}".casefold(), f"{first} {last}") for first, last in pairs[:number]]
