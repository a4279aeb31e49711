"""The files of `static/` under one hash of all their content: `/static/<hash>/<path>`, kept for ever.

The style sheets go out as one file, `app.css`, and so do the scripts, `app.js`, so that a page asks for one of each (an
address in them is relative to `static/`). A script has nothing to import or export: each is a block of its own in
`app.js`. What few pages need lies in `js/parts/` and is imported by the script that finds a use for it; a folder there
goes out as one file too, so that a page asks once for what it needs together. Comments and
indentation stay here. When anything changes, so does the hash and every address; an old one leads to the present one.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from flask import Flask, Response, abort, redirect
from flask.globals import request_ctx
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from webapp.running import request, running, script_root
from webapp.setting_types import ROOT
from webapp.web.gate import public
from webapp.web.headers import FOR_EVER

PREFIX = "/static"
_ADDRESS = re.compile(rf"{PREFIX}/([^/]+)/(.+)")
STYLES = "css"
JOINED_STYLES = "app.css"
SCRIPTS = "js"
JOINED_SCRIPTS = "app.js"
PARTS = f"{SCRIPTS}/parts"
SPRITE = "icons.svg"
FIRST_STYLES = ("tokens.css", "base.css")
HASH_LENGTH = 8

# Written down, because what a machine takes `.js` for is a matter of its registry.
TYPES = {
    ".css": "text/css",
    ".gif": "image/gif",
    ".ico": "image/x-icon",
    ".jpg": "image/jpeg",
    ".js": "text/javascript",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}

Stamp = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class Tree:
    """The files as they go out, by path, and the hash of them all."""

    digest: str
    files: dict[str, bytes]
    stamp: Stamp


class Assets:
    """The tree of one application; with `watch` it is read again after a file has changed."""

    def __init__(self, folder: Path, watch: bool) -> None:
        self._folder = folder
        self._watch = watch
        self._tree = read_tree(folder)

    def tree(self) -> Tree:
        if self._watch and _stamp(self._folder) != self._tree.stamp:
            self._tree = read_tree(self._folder)
        return self._tree


def init_app(app: Flask) -> None:
    folder = Path(app.config.setdefault("STATIC_DIRECTORY", ROOT / "static"))
    app.extensions["assets"] = Assets(folder, watch=app.debug)
    app.add_url_rule(f"{PREFIX}/<digest>/<path:path>", endpoint="static", view_func=static)
    app.before_request(_answer_under_any_name)
    app.jinja_env.globals |= {"asset": asset, "icon": symbol}


def asset(path: str) -> str:
    """The address of a file of `static/`; made by hand, so that it works where routing itself failed."""
    tree = _tree()
    if path not in tree.files:
        raise LookupError(f"static/ has no file {path}")
    return _address(tree, path)


def symbol(name: str, mirror: bool = False) -> Markup:
    """One symbol of the sprite, ``icon`` in templates; decoration always, so the word beside it says what it means.

    :param mirror: turn it round where one reads from right to left.
    """
    return _symbol(script_root(), _tree().digest, name, mirror)


@lru_cache(maxsize=1_000)
def _symbol(root: str, digest: str, name: str, mirror: bool) -> Markup:
    """The same, kept: a page has thirty."""
    sprite = f"{root}{PREFIX}/{digest}/{SPRITE}"
    kind = Markup('"icon icon-mirror"') if mirror else "icon"
    return Markup('<svg class={} aria-hidden=true><use href="{}#{}"/></svg>').format(kind, sprite, name)


def _answer_under_any_name() -> AnyResponse | None:
    """The page that says that a host is none of `TRUSTED_HOSTS`, where nothing is routed, needs its style sheet.

    What lies here is the same for everybody and says nothing of anybody.
    """
    if request_ctx.url_adapter is not None or request.method not in {"GET", "HEAD"}:
        return None
    found = _ADDRESS.fullmatch(request.path)
    return static(*found.groups()) if found else None


@public
def static(digest: str, path: str) -> AnyResponse:
    tree = _tree()
    content = tree.files.get(path)
    if content is None:
        abort(404)
    if digest != tree.digest:
        return redirect(_address(tree, path))
    response = Response(content, mimetype=TYPES[PurePosixPath(path).suffix])
    response.headers["Cache-Control"] = FOR_EVER
    response.set_etag(digest)
    return response.make_conditional(request)


def _tree() -> Tree:
    assets: Assets = running().app.extensions["assets"]
    return assets.tree()


def _address(tree: Tree, path: str) -> str:
    return f"{script_root()}{PREFIX}/{tree.digest}/{_quoted(path)}"


@lru_cache(maxsize=1_000)
def _quoted(path: str) -> str:
    return quote(path)


def read_tree(folder: Path) -> Tree:
    """Read every file of a known type; the style sheets become one, and so do the scripts."""
    stamp = _stamp(folder)
    files = {path.relative_to(folder).as_posix(): _lean(path) for path in _paths(folder)}
    styles = [name for name in files if name.startswith(f"{STYLES}/") and name.endswith(".css")]
    files[JOINED_STYLES] = b"\n".join(files.pop(name) for name in sorted(styles, key=_place))
    for folder_name in (SCRIPTS, *(name for name in _folders(files) if name.startswith(f"{PARTS}/"))):
        scripts = [name for name in files if PurePosixPath(name).match(f"{folder_name}/*.js")]
        joined = JOINED_SCRIPTS if folder_name == SCRIPTS else f"{folder_name}.js"
        files[joined] = b"".join(b"{\n%s\n}\n" % files.pop(name) for name in sorted(scripts))
    whole = sha256()
    for name in sorted(files):
        whole.update(f"{name}\0{len(files[name])}\0".encode())
        whole.update(files[name])
    return Tree(whole.hexdigest()[:HASH_LENGTH], files, stamp)


def _folders(files: Iterable[str]) -> list[str]:
    return sorted({PurePosixPath(name).parent.as_posix() for name in files})


def _lean(path: Path) -> bytes:
    content = path.read_bytes()
    if path.suffix not in (".css", ".js"):
        return content
    return lean(content.decode(), comments=("//",) if path.suffix == ".js" else ()).encode()


def lean(source: str, comments: tuple[str, ...] = ()) -> str:
    """A style sheet or a script without indentation, empty lines and lines that are nothing but comment.

    It knows lines, not the language: where a text or a comment may go on from the middle of one line into the next,
    *source* is left as it is.

    :param comments: what a comment begins with that ends with its line.
    """
    kept: list[str] = []
    is_comment = False
    for line in map(str.strip, source.splitlines()):
        if is_comment or line.startswith("/*"):
            _inside, end, after = line.removeprefix("" if is_comment else "/*").partition("*/")
            is_comment = not end
            if after.strip():
                return source
        elif line and not (comments and line.startswith(comments)):
            if _may_go_on(line):
                return source
            kept.append(line)
    return source if is_comment else "\n".join(kept)


def _may_go_on(line: str) -> bool:
    """Whether a template literal, a text or a comment that begins in *line* may reach into the next one."""
    without_escapes = re.sub(r"\\.", "", line)
    without_texts = re.sub(r"""(["'])(?:(?!\1).)*\1""", "", without_escapes)
    return (
        line.endswith("\\")
        or without_escapes.count("`") % 2 == 1
        or without_texts.count("`") % 2 == 1
        or "/*" in line.rpartition("*/")[2]
    )


def _place(name: str) -> tuple[int, str]:
    """Tokens and base come first, the others by name: a rule overrides one before it."""
    short = name.removeprefix(f"{STYLES}/")
    return (FIRST_STYLES.index(short) if short in FIRST_STYLES else len(FIRST_STYLES), short)


def _stamp(folder: Path) -> Stamp:
    return tuple(
        (str(path), stat.st_mtime_ns, stat.st_size) for path in _paths(folder) for stat in [path.stat()]
    )


def _paths(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix in TYPES and path.is_file())
