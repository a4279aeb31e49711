"""Letters: a text and the same as HTML, in the language of whoever gets it; they load nothing from elsewhere."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, make_msgid, parseaddr
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from flask_babel import force_locale, get_locale

from webapp.database import now
from webapp.mail.plain import text_of
from webapp.mail_address import mailbox
from webapp.running import current_app
from webapp.web.locale import closest_locale


class Recipient(NamedTuple):
    """:ivar locale: what the person reads; empty for the site's language."""

    email: str
    name: str = ""
    locale: str = ""


def compose(to: Recipient, template: str, subject: Any, **values: Any) -> EmailMessage:
    """The letter of ``templates/mail/<template>.html``.

    :param subject: lazy, so that it is read in the language of the letter.
    :raises ValueError: when the recipient's address is none.
    """
    address = mailbox(to.email, to.name)
    sender = sender_of_site()
    is_ascii = address.addr_spec.isascii() and sender.addr_spec.isascii()
    # Its policy refuses a header with a line break, whatever it is made of.
    letter = EmailMessage(policy=SMTP if is_ascii else SMTPUTF8)
    locale = closest_locale(to.locale) if to.locale else None
    # A context of its own: the language of a request is looked for once.
    with current_app.app_context(), force_locale(locale or current_app.config["DEFAULT_LOCALE"]):
        letter["Subject"] = str(subject)
        # Without what every page gets: a letter knows of no request and of nobody who is signed in.
        values = {**values, **_frame(), "subject": str(subject)}
        html = current_app.jinja_env.get_template(f"mail/{template}.html").render(values)
    # In ASCII, whatever the server takes.
    letter.set_content(text_of(html), cte="quoted-printable")
    letter.add_alternative(html, subtype="html", cte="quoted-printable")
    letter["From"] = sender
    letter["To"] = address
    letter["Date"] = format_datetime(now())
    letter["Message-ID"] = make_msgid(domain=sender.domain)
    # So that no machine on holiday answers (RFC 3834).
    letter["Auto-Submitted"] = "auto-generated"
    return letter


def _frame() -> dict[str, str]:
    locale = get_locale()
    return {
        "html_lang": str(locale).replace("_", "-"),
        "html_dir": locale.text_direction,
        "site_name": current_app.config["SITE_NAME"],
    }


def sender_of_site() -> Address:
    config = current_app.config
    if config["MAIL_FROM"]:
        name, address = parseaddr(config["MAIL_FROM"])
        return mailbox(address, name)
    host = urlsplit(config["BASE_URL"]).hostname or "localhost"
    return Address(config["SITE_NAME"], "no-reply", f"[{host}]" if host == "127.0.0.1" else host)
