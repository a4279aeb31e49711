"""How templates are drawn: without the indentation that they are written with, and what never differs only once.

A template is compiled once for each language, with its texts in it: to look each of them up, again on each page, would
take as long as all the rest of the frame around it.
"""

import re
from collections.abc import Callable, Hashable, Iterable, MutableMapping
from types import FunctionType
from typing import Any
from weakref import WeakKeyDictionary

from flask import Flask
from flask.templating import Environment
from jinja2 import StrictUndefined, Template
from jinja2.compiler import CodeGenerator
from jinja2.environment import create_cache
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from jinja2.runtime import Context, Macro
from jinja2.utils import missing
from markupsafe import Markup, escape

from webapp.running import running, script_root
from webapp.texts import gettext, language

# So many parts of pages are kept, the last ones; a program has a few for each model and language.
MOST = 1_000
# And so many beside these of what differs from person to person, each of which may be long.
MOST_OF_PEOPLE = 100

INDENTATION = re.compile(r"^[ \t]+", re.M)
# What Jinja reads, and between two of these what it writes as it stands.
JINJA = re.compile(r"(\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\})", re.S)
# An attribute whose value may stand without quotation marks (HTML §13.1.2.3); before a slash it would take that in.
# ``{1}`` is the number of a row (:mod:`webapp.admin.listing.drawing`).
QUOTED = re.compile(r"""(\s[a-z-]+=)"([\w.:/#-]*[\w.:#-](?:\{1\})?)"(?=[\s>])""")


class Lean(Extension):
    """Takes the indentation out of templates as they are read, a tenth of a page, and from those of HTML the quotation
    marks that it does not need."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        source = INDENTATION.sub("", source)
        if not (name or "").endswith(".html"):
            return source
        parts = JINJA.split(source)
        parts[::2] = [QUOTED.sub(r"\1\2", part) for part in parts[::2]]
        return "".join(parts)


class Spoken(Extension):
    """Puts the text itself in the place of each ``_("text")``; one with variables is looked up as the page is drawn."""

    CALL = ("name", "lparen", "string", "rparen")

    def filter_stream(self, stream: TokenStream) -> Iterable[Token]:
        held: list[Token] = []
        for token in stream:
            held.append(token)
            if token.type != self.CALL[len(held) - 1] or held[0].value != "_":
                yield from held
                held = []
            elif len(held) == len(self.CALL):
                # Without variables, too, a percent sign is written twice.
                yield Token(token.lineno, "string", gettext(held[2].value) % {})
                held = []
        yield from held


def written(value: Any) -> str:
    """*value* as it stands in HTML, as :func:`markupsafe.escape` makes it, but not wrapped once more: what a template
    writes is only joined, and a page writes some three hundred values."""
    kind = type(value)
    if kind is Markup or (kind is str and not in_need_of_escape(value)):
        return value  # type: ignore[no-any-return]
    return escape(value)


in_need_of_escape = re.compile("[&<>'\"]").search


class Compiler(CodeGenerator):
    """Jinja's, but for how a value is written in HTML."""

    def _output_child_pre(self, node: Any, frame: Any, finalize: Any) -> None:
        if frame.eval_ctx.autoescape and not frame.eval_ctx.volatile and finalize.src is None:
            self.write("environment.written(")
        else:
            super()._output_child_pre(node, frame, finalize)


class Drawing(Context):
    """Calls macros and plain functions at once, without looking for what else they want to be given."""

    def call(__self, __obj: Any, *args: Any, **kwargs: Any) -> Any:
        kind = type(__obj)
        if kind is not Macro and (kind is not FunctionType or hasattr(__obj, "jinja_pass_arg")):
            return super().call(__obj, *args, **kwargs)
        kwargs.pop("_block_vars", None)
        kwargs.pop("_loop_vars", None)
        if kind is FunctionType:
            return __obj(*args, **kwargs)
        if kwargs or not __self.eval_ctx.autoescape or not _takes(__obj, len(args)):
            return __obj(__self.eval_ctx, *args, **kwargs)
        # As the macro itself would, which looks through the arguments one by one.
        drawn = __obj._func(*args, *(missing,) * (__obj._argument_count - len(args)))
        return Markup(drawn)  # noqa: S704 - what a template draws is escaped


def _takes(macro: Macro, number: int) -> bool:
    """Whether *macro* can be given so many arguments in a row and asks for nothing besides."""
    asks_more = macro.caller or macro.catch_kwargs or macro.catch_varargs
    return not asks_more and number <= macro._argument_count


class Environments(Environment):
    """Flask's environment, which keeps its templates for each language by themselves."""

    code_generator_class = Compiler
    context_class = Drawing
    written = staticmethod(written)

    @property
    def cache(self) -> MutableMapping[Any, Any] | None:
        catalogue = language().catalogue
        found = self._caches.get(catalogue)
        if found is None:
            found = self._caches[catalogue] = create_cache(self._size)
        return found

    @cache.setter
    def cache(self, made: MutableMapping[Any, Any] | None) -> None:
        self._size = getattr(made, "capacity", -1)
        self._caches: WeakKeyDictionary[Any, MutableMapping[Any, Any] | None] = WeakKeyDictionary()
        self._found: dict[tuple[Any, ...], str] = {}

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """What a template may use by name, as one mapping and not a chain: of that Jinja makes a set at each import."""
        return {**self.globals, **(d or {})}

    def select_template(
        self, names: Iterable[Any], parent: str | None = None, globals: MutableMapping[str, Any] | None = None
    ) -> Template:
        """The first there is of *names*, which is looked for once and not for each page."""
        wanted = tuple(names)
        if wanted in self._found and not self.auto_reload:
            return self.get_template(self._found[wanted], parent, globals)
        template = super().select_template(wanted, parent, globals)
        self._found[wanted] = str(template.name)
        return template


def init_app(app: Flask) -> None:
    app.jinja_environment = Environments
    # A name that a template gets wrong is an error and not an empty place on the page.
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.add_extension(Lean)
    app.jinja_env.add_extension(Spoken)
    app.jinja_env.globals["once"] = once
    app.extensions["fragments"] = {}
    app.extensions["fragments_of_people"] = {}


def once(macro: Any, *about: Hashable) -> Markup:
    """What *macro* draws of *about*, few different things; of the person and the request it says nothing else."""
    return kept((macro.name, *about), lambda: macro(*about))


def kept(key: Hashable, draw: Callable[[], str], *, of_people: bool = False) -> Markup:
    """What *draw* draws, once for each *key* and language as long as the application runs.

    :param of_people: there are as many of it as people, and it is not to take the place of what every page has.
    """
    name, most = ("fragments_of_people", MOST_OF_PEOPLE) if of_people else ("fragments", MOST)
    context = running()
    fragments: dict[Hashable, Markup] = context.app.extensions[name]
    whole = (key, language().catalogue, script_root())
    known = fragments.get(whole)
    if known is not None and not context.app.debug:
        return known
    drawn = Markup(draw())  # noqa: S704 - what a template draws is escaped
    if len(fragments) >= most:
        fragments.pop(list(fragments)[0], None)  # noqa: RUF015 - others write meanwhile, so it is copied at once
    fragments[whole] = drawn
    return drawn
