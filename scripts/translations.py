"""Catalogues of translations: collect what is to be translated, bring every language up to date, compile.

`make translations` runs it; `make translations LOCALE=es` begins a language. Texts of our own are in
`messages.po`, those that WTForms and Flask-WTF bring along in `wtforms.po`, in words of our own.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import flask_wtf
import wtforms
from babel import Locale, UnknownLocaleError
from babel.messages import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "webapp" / "translations"
WIDTH = 110

#: What marks a text, and which of its arguments are texts (1c: the context).
KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    **dict.fromkeys(("_", "_l", "gettext", "lazy_gettext")),
    **dict.fromkeys(("ngettext", "lazy_ngettext"), (1, 2)),
    **dict.fromkeys(("pgettext", "lazy_pgettext"), ((1, "c"), 2)),
    "npgettext": ((1, "c"), 2, 3),
}
# A template that cannot be read is an error and not a template without texts.
OPTIONS = {"**.html": {"silent": "false"}}


class Source(NamedTuple):
    """A folder with texts in it.

    :ivar prefix: of the names of its files, in front of their path inside the folder.
    """

    folder: Path
    prefix: str
    pattern: str
    method: str

    def is_wanted(self, folder: str) -> bool:
        return Path(folder).name not in {"__pycache__", "recaptcha"}


SOURCES = {
    "messages": (
        Source(ROOT / "webapp", "webapp", "**.py", "python"),
        Source(ROOT / "templates", "templates", "**.html", "jinja2"),
    ),
    "wtforms": tuple(
        Source(Path(package.__file__ or "").parent, package.__name__, "**.py", "python")
        for package in (wtforms, flask_wtf)
    ),
}


def main() -> int:
    """Update and compile all catalogues, and say what is still to do."""
    if begun := os.environ.get("LOCALE"):
        try:
            begin(begun)
        except (ValueError, UnknownLocaleError):
            print(
                f"LOCALE={begun} is no language. Write it as in LOCALE=es or LOCALE=pt_BR.", file=sys.stderr
            )
            return 1
    for domain in SOURCES:
        template = collect(domain)
        for path in catalogues(domain):
            catalog, dropped = updated(path, template)
            write(path, catalog)
            print(report(path, catalog, dropped))
    return 0


def begin(name: str) -> None:
    """Make empty catalogues of the language; those that it has stay."""
    locale = Locale.parse(name)
    for domain in SOURCES:
        path = FOLDER / str(locale) / "LC_MESSAGES" / f"{domain}.po"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            write(path, Catalog(locale, domain=domain, fuzzy=False))


def collect(domain: str) -> Catalog:
    """All texts of the sources, each with the places where it stands."""
    catalog = Catalog(domain=domain, fuzzy=False)
    for source in SOURCES[domain]:
        found = extract_from_dir(
            source.folder,
            [(source.pattern, source.method)],
            OPTIONS,
            KEYWORDS,
            comment_tags=["Translators:"],
            strip_comment_tags=True,
            directory_filter=source.is_wanted,
        )
        for name, line, texts, comments, context in found:
            catalog.add(
                texts, None, [(f"{source.prefix}/{name}", line)], auto_comments=comments, context=context
            )
    return catalog


def catalogues(domain: str) -> list[Path]:
    """The file of each language there is."""
    return sorted(FOLDER.glob(f"*/LC_MESSAGES/{domain}.po"))


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, path.parent.parent.name, path.stem, abort_invalid=True)


def updated(path: Path, template: Catalog) -> tuple[Catalog, list[Message]]:
    """The catalogue with the texts that there are now, and the translations that nothing asks for any more.

    Nothing is guessed: a text that was changed is a new one.
    """
    catalog = read(path)
    catalog.update(template, no_fuzzy_matching=True, update_creation_date=False)
    dropped = list(catalog.obsolete.values())
    catalog.obsolete.clear()
    return catalog, dropped


def write(path: Path, catalog: Catalog) -> None:
    """Write the catalogue, in an order and without line numbers, so that what changes is what was changed."""
    catalog.header_comment = f"# Texts of Zelador in {catalog.locale_identifier}: see CONTRIBUTING.md."
    catalog.project, catalog.version = "Zelador", "1"
    catalog.msgid_bugs_address = catalog.last_translator = catalog.language_team = "Zelador contributors"
    with path.open("wb") as file:
        write_po(file, catalog, WIDTH, sort_output=True, ignore_obsolete=True, include_lineno=False)
    with path.with_suffix(".mo").open("wb") as file:
        write_mo(file, read(path))


def missing(catalog: Catalog) -> Iterator[Message]:
    """The texts without a translation, or with one that somebody has to look at."""
    for message in catalog:
        forms = message.string if isinstance(message.string, list | tuple) else (message.string,)
        if message.id and (message.fuzzy or not all(forms)):
            yield message


def report(path: Path, catalog: Catalog, dropped: list[Message]) -> str:
    todo = list(missing(catalog))
    lines = [f"{path.relative_to(ROOT)}: {len(catalog)} texts, {len(todo)} to translate"]
    lines += [f"  {_place(message)}: {_text(message)}" for message in todo]
    lines += [f"  no longer used, left out: {_text(message)}" for message in dropped]
    return "\n".join(lines)


def _place(message: Message) -> str:
    return ", ".join(f"{name}:{line}" for name, line in message.locations[:2]) or "?"


def _text(message: Message) -> str:
    return " / ".join(message.id) if isinstance(message.id, list | tuple) else str(message.id)


if __name__ == "__main__":
    sys.exit(main())
