"""The catalogues: complete, compiled, in step with the code, and nothing lost on the way."""

import re
from pathlib import Path

import pytest
from babel.messages import Catalog, Message
from babel.messages.mofile import read_mo
from babel.messages.plurals import get_plural

from scripts import translations
from scripts.translations import SOURCES, catalogues, collect, missing, read, report, updated, write

FILES = [path for domain in SOURCES for path in catalogues(domain)]
# %(name)s and %d of Python, {} and {name} of a script or of str.format.
PLACEHOLDERS = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{\w*\}")
# Words that a reader types or looks for stand in a translation as they stand in the text.
LITERALS = re.compile(r"\\u0000|flask [a-z -]+|https?://\S+|\b(?:UUID|JSON|UTF-8|Ctrl|Cmd)\b")


def name_of(path: Path) -> str:
    return f"{path.parent.parent.name} {path.stem}"


def forms(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list | tuple) else [str(value)]


def unlike(message: Message) -> bool:
    """Whether a form of the translation has other placeholders, or other edges, than the text."""
    *_, text = forms(message.id)
    # A singular may do without the number.
    held = [set(PLACEHOLDERS.findall(one)) for one in forms(message.id)]
    return any(
        set(PLACEHOLDERS.findall(form)) not in held
        or sorted(LITERALS.findall(form)) != sorted(LITERALS.findall(text))
        or (form[:1].isspace(), form[-1:].isspace()) != (text[:1].isspace(), text[-1:].isspace())
        or (form[-1:] in ".:?…") != (text[-1:] in ".:?…")
        for form in forms(message.string)
    )


@pytest.fixture(scope="module")
def templates() -> dict[str, Catalog]:
    return {domain: collect(domain) for domain in SOURCES}


def test_brazilian_portuguese_is_there() -> None:
    assert {name_of(path) for path in FILES} >= {"pt_BR messages", "pt_BR wtforms"}


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_every_text_is_translated_and_none_is_a_guess(path: Path) -> None:
    catalog = read(path)
    assert [message.id for message in missing(catalog)] == []
    assert not catalog.fuzzy


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_catalogue_holds_what_the_code_says_and_nothing_else(
    path: Path, templates: dict[str, Catalog], tmp_path: Path
) -> None:
    catalog, dropped = updated(path, templates[path.stem])
    assert [message.id for message in dropped] == []
    again = tmp_path / path.parent.parent.name / "LC_MESSAGES" / path.name
    again.parent.mkdir(parents=True)
    write(again, catalog)
    assert again.read_text() == path.read_text(), "make translations"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_what_is_compiled_is_what_is_written(path: Path) -> None:
    with path.with_suffix(".mo").open("rb") as file:
        # Babel reads a context as bytes.
        compiled = {
            (one.context and one.context.decode(), *forms(one.id)): forms(one.string)  # type: ignore[attr-defined]
            for one in read_mo(file)
            if one.id
        }
    written = {(one.context, *forms(one.id)): forms(one.string) for one in read(path) if one.id}
    assert compiled == written, "make translations"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_placeholders_and_edges_are_kept(path: Path) -> None:
    assert [message.id for message in read(path) if message.id and unlike(message)] == []


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_there_is_a_form_for_each_number(path: Path) -> None:
    count = get_plural(path.parent.parent.name).num_plurals
    plural = [message for message in read(path) if message.pluralizable]
    assert plural
    assert [message.id for message in plural if len(forms(message.string)) != count] == []


@pytest.mark.parametrize(
    ("text", "translation"),
    [
        ("Delete %(object)s?", "Excluir?"),
        ("Delete %(object)s?", "Excluir %(objeto)s?"),
        ("Chosen: {}", "Escolhido:"),
        (" or ", "ou"),
        ("Choose a file.", "Escolha um arquivo"),
        (("%(n)s row", "%(n)s rows"), ("linha", "%(n)s linhas")),
        ("Write a UUID", "Escreva um número"),
    ],
)
def test_a_translation_that_lost_something_would_be_noticed(text: str, translation: str) -> None:
    assert unlike(Message(text, translation))
    assert not unlike(Message(text, text))


def test_what_is_missing_is_told_with_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(translations, "ROOT", tmp_path)
    path = tmp_path / "xx" / "messages.po"
    catalog = Catalog("es")
    catalog.add("Save", "Guardar", [("webapp/a.py", 1)])
    catalog.add("Delete", "", [("webapp/a.py", 7)])
    catalog.add("Search", "Buscar", [("webapp/a.py", 9)], flags=["fuzzy"])
    catalog.add(("row", "rows"), ("fila", ""), [("webapp/b.py", 2)])
    assert report(path, catalog, [Message("Old", "Viejo")]).splitlines() == [
        "xx/messages.po: 4 texts, 3 to translate",
        "  webapp/a.py:7: Delete",
        "  webapp/a.py:9: Search",
        "  webapp/b.py:2: row / rows",
        "  no longer used, left out: Old",
    ]


def test_a_new_language_begins_with_every_text_and_is_told_if_it_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(translations, "FOLDER", tmp_path)
    monkeypatch.setattr(translations, "ROOT", tmp_path)
    monkeypatch.setenv("LOCALE", "es")
    assert translations.main() == 0
    begun = read(tmp_path / "es" / "LC_MESSAGES" / "messages.po")
    assert len(list(missing(begun))) == len(begun) > 300
    assert "templates/base.html" in capsys.readouterr().out
    monkeypatch.setenv("LOCALE", "klingon")
    assert translations.main() == 1
    assert "LOCALE=klingon is no language" in capsys.readouterr().err
