"""What is made from other fields, such as a slug from a title, is filled in while one types them."""

import pytest

from tests.browser.library.conftest import BookForm
from tests.browser.visits import Visit
from webapp.admin.editing.forms import _slug


def test_a_slug_is_made_while_one_types_until_it_is_written_by_hand(as_alice: Visit) -> None:
    page = as_alice.page
    as_alice.open("/books/add/")
    slug = page.locator("#slug")
    page.locator("#author[role=combobox]").wait_for()
    as_alice.fill(title="Memórias póstumas")
    assert slug.input_value() == "memorias-postumas"
    as_alice.fill(title="Memórias póstumas de Brás Cubas")
    assert slug.input_value() == "memorias-postumas-de-bras-cubas"
    as_alice.fill(slug="cubas")
    as_alice.fill(title="Dom Casmurro")
    assert slug.input_value() == "cubas"
    as_alice.fill(slug="")
    as_alice.fill(title="Quincas Borba")
    assert slug.input_value() == "quincas-borba"


@pytest.mark.parametrize(
    "title",
    [
        "--A  b--",
        "½ ﬁne №5",
        "Straße 王芳 ÆØÅ",
        "\N{FULLWIDTH LATIN CAPITAL LETTER A}",
        "a" * 198 + " b c",
        "👩‍👩‍👧 İx",
    ],
)
def test_the_script_makes_a_slug_as_the_server_does(as_alice: Visit, title: str) -> None:
    as_alice.open("/books/add/")
    as_alice.page.locator("#author[role=combobox]").wait_for()
    as_alice.fill(title=title)
    assert as_alice.page.locator("#slug").input_value() == _slug(title)[:200].strip("-")


def test_a_slug_that_is_there_stays_when_the_title_changes(form: BookForm) -> None:
    form.field("Author").wait_for()
    form.here.fill(title="Something else")
    assert form.page.locator("#slug").input_value() == "star"
