"""Files live under one hash."""

import os
from pathlib import Path

import pytest
from flask import Flask

from tests.web.small import MakeApp
from webapp.setting_types import ROOT
from webapp.web.assets import asset, lean, read_tree


def test_style_sheets_are_joined_with_tokens_and_base_first(static_folder: Path) -> None:
    assert read_tree(static_folder).files["app.css"] == b"tokens {}\nbase {}\na {}"


def test_scripts_are_joined_each_in_a_block_of_its_own(static_folder: Path) -> None:
    files = read_tree(static_folder).files
    assert files["app.js"] == b"{\nconst list = 2;\n}\n{\nconst list = 1;\n}\n"
    assert [name for name in files if name.startswith("js/")] == ["js/parts/rare.js"]


SCRIPT = """/**
 * What it is for. // and how
 */
const a = 1; // stays
  // goes, even with a ` or a /*

if (a) {
    /* goes */
    say("// stays", `one ${a} // line`);
}
"""


def test_lines_of_nothing_but_comment_and_indentation_do_not_go_out(static_folder: Path) -> None:
    (static_folder / "js" / "list.js").write_text(SCRIPT)
    (static_folder / "js" / "parts" / "rare.js").write_text(SCRIPT)
    (static_folder / "css" / "a.css").write_text("/* what\n   for */\n.a {\n  top: 0; /* stays */\n}\n")
    lines = 'const a = 1; // stays\nif (a) {\nsay("// stays", `one ${a} // line`);\n}'
    files = read_tree(static_folder).files
    assert lines in files["app.js"].decode()
    assert files["js/parts/rare.js"].decode() == lines
    assert files["app.css"].endswith(b"\n.a {\ntop: 0; /* stays */\n}")


@pytest.mark.parametrize(
    "source",
    [
        "const a = `one\n  // two\n`;",
        "const a = `one ${b\n  // two\n}`;",
        'const a = "`" + `one\n  // two\n`;',
        "const a = `\\`\n  // two\n`;",
        'const a = "one \\\n  // two";',
        "call(); /* one\n  // two */ call();",
        "/* one */ call();\n  two();",
        "/* one\n  // two */ call();",
        "  call();\n  /* never closed",
        'const a = "js/*.js";\n  // two',
    ],
)
def test_what_lines_alone_do_not_tell_is_left_as_it_is(source: str) -> None:
    assert lean(source, comments=("//",)) == source


def test_an_address_in_a_style_sheet_is_no_comment() -> None:
    assert lean("a {\n  //x.example/y\n}") == "a {\n//x.example/y\n}"


def test_the_scripts_of_this_project_are_all_made_lean() -> None:
    scripts = sorted((ROOT / "static" / "js").rglob("*.js"))
    assert scripts
    for script in scripts:
        source = script.read_text()
        assert lean(source, comments=("//",)) != source, script


def test_any_change_changes_the_hash_and_nothing_else_does(static_folder: Path) -> None:
    before = read_tree(static_folder).digest
    os.utime(static_folder / "js" / "parts" / "rare.js", (1, 1))
    assert read_tree(static_folder).digest == before
    (static_folder / "js" / "parts" / "rare.js").write_text("export {}")
    assert read_tree(static_folder).digest != before


def test_a_project_without_static_files_still_starts(tmp_path: Path) -> None:
    assert read_tree(tmp_path / "none").files == {"app.css": b"", "app.js": b""}


def test_a_file_is_found_at_its_address(small: Flask) -> None:
    with small.test_request_context():
        address = asset("js/parts/rare.js")
    response = small.test_client().get(address)
    assert response.status_code == 200
    assert response.content_type == "text/javascript; charset=utf-8"


def test_what_few_pages_need_together_is_one_file(static_folder: Path, make_app: MakeApp) -> None:
    folder = static_folder / "js" / "parts" / "rows"
    folder.mkdir()
    (folder / "b.js").write_text("const rows = 2;")
    (folder / "a.js").write_text("const rows = 1;")
    app = make_app()
    with app.test_request_context():
        address = asset("js/parts/rows.js")
    assert app.test_client().get(address).text == "{\nconst rows = 1;\n}\n{\nconst rows = 2;\n}\n"
    assert app.test_client().get(address.replace("rows.js", "rows/a.js")).status_code == 404


def test_an_old_address_leads_to_the_present_one(small: Flask) -> None:
    response = small.test_client().get("/static/0123456789ab/app.css", follow_redirects=True)
    assert response.status_code == 200
    assert response.content_type == "text/css; charset=utf-8"


@pytest.mark.parametrize("host", ["localhost", "10.0.0.7"])
@pytest.mark.parametrize(
    "path",
    [
        "none.js",
        "notes.md",
        "css/a.css",
        "js/list.js",
        "../webapp/settings.py",
        "%2e%2e/%2e%2e/etc/passwd",
        "app.css%00",
        "%ff",
    ],
)
def test_nothing_else_is_served(small: Flask, path: str, host: str) -> None:
    with small.test_request_context():
        digest = asset("app.css").split("/")[2]
    response = small.test_client().get(f"/static/{digest}/{path}", headers={"Host": host})
    assert response.status_code == 404


def test_a_page_that_asks_for_a_missing_file_is_a_mistake(small: Flask) -> None:
    with small.test_request_context(), pytest.raises(LookupError, match=r"static/ has no file js/none\.js"):
        asset("js/none.js")


def test_addresses_follow_where_the_application_is_mounted(small: Flask) -> None:
    with small.test_request_context(environ_overrides={"SCRIPT_NAME": "/admin"}):
        assert asset("app.css").startswith("/admin/static/")
    with small.app_context():
        assert asset("app.css").startswith("/static/")


def test_under_debug_a_changed_file_is_read_again(make_app: MakeApp, static_folder: Path) -> None:
    app = make_app(debug=True)
    (static_folder / "css" / "b.css").write_text("b {}")
    with app.app_context():
        response = app.test_client().get(asset("app.css"))
    assert "b {}" in response.text


def test_without_debug_files_are_read_once(small: Flask, static_folder: Path) -> None:
    (static_folder / "css" / "b.css").write_text("b {}")
    with small.app_context():
        assert "b {}" not in small.test_client().get(asset("app.css")).text
