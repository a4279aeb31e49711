"""Where one is, above the page: what has no room ends in an ellipsis."""

from tests.browser.visits import Visit

# A browser draws an ellipsis in a block only; of the words in a flex container it just cuts off what stands out.
CUT = """link => {
    link.textContent = "Entradas do histórico de tudo";
    const style = getComputedStyle(link);
    return [link.scrollWidth > link.clientWidth, style.display, style.textOverflow];
}"""


def test_a_link_that_has_no_room_ends_in_an_ellipsis(as_alice: Visit) -> None:
    as_alice.page.set_viewport_size({"width": 390, "height": 800})
    as_alice.open("/users/add/")
    assert as_alice.page.locator(".crumbs li:nth-child(2) a").evaluate(CUT) == [True, "block", "ellipsis"]
