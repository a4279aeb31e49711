"""A browser over the network, for the pages and forms of tests/pages.py."""

import urllib.error
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import SimpleNamespace
from typing import Any

from tests.pages import Page

TIMEOUT = 60


class _StayHere(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_arguments: Any) -> None:
        return None


class Browser:
    """One person's browser; an :class:`OSError` or ``http.client.HTTPException`` is a line that broke."""

    def __init__(self, address: str) -> None:
        self.address = address
        cookies = CookieJar(DefaultCookiePolicy())
        self.opener = urllib.request.build_opener(_StayHere, urllib.request.HTTPCookieProcessor(cookies))

    def get(self, path: str, **_options: Any) -> Page:
        return self._send(path, None)

    def post(self, path: str, data: dict[str, Any], **_options: Any) -> Page:
        return self._send(path, urllib.parse.urlencode(data, doseq=True).encode())

    def _send(self, path: str, body: bytes | None) -> Page:
        try:
            answer = self.opener.open(f"{self.address}{path}", body, TIMEOUT)  # http alone: see torture.py
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            text = answer.read().decode()
        response: Any = SimpleNamespace(
            status_code=answer.status,
            headers=answer.headers,
            get_data=lambda as_text: text,
            request=SimpleNamespace(full_path=path),
        )
        return Page(self, response)  # type: ignore[arg-type]
