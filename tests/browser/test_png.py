"""The pictures of the README are made smaller and stay what they show."""

from pathlib import Path

from tests.browser.png import _chunks, make_smaller
from tests.browser.visits import Visit


def test_a_smaller_picture_shows_the_same(as_alice: Visit, tmp_path: Path) -> None:
    path = tmp_path / "page.png"
    as_alice.page.screenshot(path=path)
    before = path.read_bytes()
    make_smaller(path)
    after = path.read_bytes()
    assert len(after) < len(before)
    assert dict(_chunks(after))[b"IHDR"][:8] == dict(_chunks(before))[b"IHDR"][:8]
    # Compared by the browser itself, which draws both: no colour of a pixel may be far from what it was.
    farthest = as_alice.page.evaluate(
        """async (pictures) => {
          const drawn = await Promise.all(pictures.map(async (bytes) => {
            const image = await createImageBitmap(new Blob([new Uint8Array(bytes)], { type: "image/png" }));
            const context = new OffscreenCanvas(image.width, image.height).getContext("2d");
            context.drawImage(image, 0, 0);
            return context.getImageData(0, 0, image.width, image.height).data;
          }));
          return drawn[0].reduce((most, value, at) => Math.max(most, Math.abs(value - drawn[1][at])), 0);
        }""",
        [list(before), list(after)],
    )
    assert farthest <= 48
