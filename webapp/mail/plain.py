"""The text of a letter, read out of its HTML, so that both say the same."""

from html.parser import HTMLParser


class _Paragraphs(HTMLParser):
    """Collects what stands in each paragraph of the body."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._is_open = False

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in ("p", "li"):
            self._is_open = True
            self.found.append("")

    def handle_endtag(self, tag: str) -> None:
        self._is_open = self._is_open and tag not in ("p", "li")

    def handle_data(self, data: str) -> None:
        if self._is_open:
            self.found[-1] += data


def text_of(html: str) -> str:
    paragraphs = _Paragraphs()
    paragraphs.feed(html)
    paragraphs.close()
    return "\n\n".join(" ".join(one.split()) for one in paragraphs.found) + "\n"
