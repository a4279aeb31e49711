"""The pictures go on being taken when a page is not what it was."""

from pathlib import Path

import pytest

from tests.browser import pictures
from tests.browser.conftest import Visiting
from tests.browser.pictures import Camera, Picture
from tests.browser.server import Site
from tests.browser.visits import Visit
from tests.conftest import add_user


def test_a_page_that_cannot_be_taken_does_not_keep_the_others_back(
    as_alice: Visit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(pictures, "FOLDER", tmp_path)
    camera = Camera(as_alice)
    camera.take(
        [
            Picture("gone", "/nothing/here/"),
            Picture("clicked", "/", lambda page: page.locator(".nothing-like-it").click(timeout=500)),
            Picture("refused", "/users/?nothing=1"),
            Picture("index", "/"),
        ]
    )
    assert {path.name for path in tmp_path.iterdir()} == {
        f"index.{size}.{scheme}.png" for size in ("1280", "390") for scheme in ("light", "dark")
    }
    told = [trouble.split(":")[0] for trouble in camera.troubles]
    assert told == ["clicked at 1280", "clicked at 390", "refused at 1280", "refused at 390"]
    assert capsys.readouterr().out == "Not here: /nothing/here/\n"


def test_forms_and_actions_are_sent_by_what_is_promised(
    site: Site, visit: Visiting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "FOLDER", tmp_path)
    add_user(site.app, "alice", is_superuser=True)
    here = visit()
    here.sign_in()
    camera = Camera(here)
    camera.take([Picture("asks", "/users/", pictures.ask("deactivate"))])
    assert "Deactivate" in here.page.title()
    camera.take([Picture("errors", "/users/add/", pictures.send(username="a b"))])
    assert here.page.title().startswith("Error:")
    assert camera.troubles == []
