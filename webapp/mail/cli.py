"""``flask mail test ADDRESS``: does mail arrive?"""

import click
from flask.cli import AppGroup

from webapp.mail.delivery import NotSent, deliver
from webapp.mail.letters import Recipient, compose
from webapp.texts import lazy_gettext as _l

mail_cli = AppGroup("mail", help="Look after what the system sends by mail.")


@mail_cli.command("test")
@click.argument("address")
def send_test(address: str) -> None:
    """Send a mail to ADDRESS, and say whether the server took it.

    Ends with 1 when it did not, with the reason.
    """
    try:
        letter = compose(Recipient(address), "test", _l("A test"))
    except ValueError as error:
        raise click.ClickException(f"“{address}” {error}.") from None
    try:
        deliver(letter)
    except NotSent as error:
        raise click.ClickException(
            f"The mail was not sent: {error}. What MAIL_URL may say is in docs/guide/mail.md."
        ) from None
    click.echo(f"The mail to {address} was handed over. Look whether it arrives.")
