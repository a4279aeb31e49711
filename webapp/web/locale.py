"""Which language, time zone, theme and density a page is drawn in."""

from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel import Locale
from babel.dates import get_timezone
from flask import Flask, Request, has_request_context
from flask_babel import Domain

from webapp.extensions import babel
from webapp.running import Parameters, current_app, request
from webapp.texts import gettext, language, ngettext, npgettext, pgettext
from webapp.web.viewer import viewer

SOURCE_LANGUAGE = "en"
THEMES = ("auto", "light", "dark")
DENSITIES = ("comfortable", "compact")

# A browser sends a handful of languages; a longer list is not from a person.
ACCEPTED_LANGUAGES = 20

# What WTForms says, in our own words. Kept from request to request, as Flask-Babel keeps ours.
FORM_TEXTS = Domain(domain="wtforms")


class FormTexts:
    """Translates the messages of WTForms; Flask-WTF would read its catalogue anew in each request."""

    def ugettext(self, text: str) -> str:
        return str(FORM_TEXTS.get_translations().ugettext(text))

    def ungettext(self, singular: str, plural: str, number: int) -> str:
        return str(FORM_TEXTS.get_translations().ungettext(singular, plural, number))


class SpeakingRequest(Request):
    """A request with the texts where Flask-WTF looks for them."""

    parameter_storage_class = dict_storage_class = Parameters
    wtforms_translations = FormTexts()


def init_app(app: Flask) -> None:
    """Bind Flask-Babel to our choice; `LOCALES` in the configuration says which languages there are."""
    app.config.setdefault("LOCALES", available_locales(Path(app.root_path) / "translations"))
    app.request_class = SpeakingRequest
    babel.init_app(app, locale_selector=lambda: _locale(select_locale()), timezone_selector=select_timezone)
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # of Jinja's extension for texts
        gettext, ngettext, newstyle=True, pgettext=pgettext, npgettext=npgettext
    )
    app.context_processor(page_context)


def available_locales(folder: Path) -> tuple[str, ...]:
    """The language of the source and every one with a compiled catalogue in `folder`."""
    compiled = sorted(path.parent.parent.name for path in folder.glob("*/LC_MESSAGES/*.mo"))
    return tuple(dict.fromkeys((SOURCE_LANGUAGE, *compiled)))


def language_names() -> dict[str, str]:
    """Each language there is by the name that it gives itself; the country only where it tells two apart."""
    found = {key: Locale.parse(key) for key in _locales()}
    spoken = Counter(one.language for one in found.values())
    names = {
        key: one.get_language_name(key) if spoken[one.language] == 1 else one.get_display_name(key)
        for key, one in found.items()
    }
    return {key: _with_capital(name or key) for key, name in names.items()}


def _with_capital(name: str) -> str:
    return name[:1].upper() + name[1:]


def select_locale() -> str:
    """The person's choice, else this browser's (cookie), else what it asks for, else the setting."""
    person = viewer()
    wanted = (
        [person.locale if person else "", _cookie("locale"), *_accepted()] if has_request_context() else []
    )
    found = (closest_locale(tag) for tag in wanted if tag)
    return next((locale for locale in found if locale), current_app.config["DEFAULT_LOCALE"])


@lru_cache(maxsize=100)
def _locale(name: str) -> Locale:
    """One object for each, so that what is kept for a language is found without a look at all that it says."""
    return Locale.parse(name)


def _accepted() -> list[str]:
    return [tag for tag, quality in list(request.accept_languages)[:ACCEPTED_LANGUAGES] if quality > 0]


def closest_locale(tag: str) -> str | None:
    """The language we have for `pt-BR`, `pt_PT`, `pt`: the same one, else one for the same first word."""
    wanted = tag.replace("-", "_").casefold()
    same = [locale for locale in _locales() if locale.casefold() == wanted]
    akin = [locale for locale in _locales() if locale.casefold().split("_")[0] == wanted.split("_")[0]]
    return next(iter([*same, *akin]), None)


def _locales() -> tuple[str, ...]:
    locales: tuple[str, ...] = current_app.config["LOCALES"]
    return locales


def select_timezone() -> str:
    """The person's choice, if it is a zone that exists, else the setting."""
    person = viewer()
    if person and person.timezone:
        try:
            get_timezone(person.timezone)
        except LookupError:
            pass
        else:
            return person.timezone
    default: str = current_app.config["DEFAULT_TIMEZONE"]
    return default


def select_theme() -> str:
    person = viewer()
    chosen = person.theme if person and person.theme else _cookie("theme")
    return chosen if chosen in THEMES else THEMES[0]


def select_density() -> str:
    person = viewer()
    chosen = person.density if person and person.density else _cookie("density")
    return chosen if chosen in DENSITIES else DENSITIES[0]


def cookie_name(name: str) -> str:
    """What the cookie of a preference is called: `__Host-` with https, as the session's (OWASP ASVS 3.3)."""
    return f"__Host-{name}" if current_app.config["SESSION_COOKIE_SECURE"] else name


def _cookie(name: str) -> str:
    return request.cookies.get(cookie_name(name), "") if has_request_context() else ""


def select_sidebar() -> str:
    """Whether this browser has made the menu narrow: by a cookie, so that no page is drawn wide first."""
    is_collapsed = has_request_context() and request.cookies.get("sidebar") == "collapsed"
    return "collapsed" if is_collapsed else ""


def page_context() -> dict[str, Any]:
    """What every template may use, error pages included: nothing here asks the database."""
    spoken, person = language(), viewer()
    return {
        "html_lang": spoken.name.replace("_", "-"),
        "html_dir": spoken.locale.text_direction,
        "theme": select_theme(),
        "sidebar": select_sidebar(),
        "density": select_density(),
        "shortcuts": "off" if person and not person.shortcuts else "on",
        "site_name": current_app.config["SITE_NAME"],
    }
