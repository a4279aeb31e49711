"""How people shape a list for themselves: its columns, its size, and the views they save of it."""

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from webapp.admin.listing.addresses import Addresses
from webapp.admin.listing.asked import asked_list, refuse_parameter
from webapp.admin.listing.chooser import NoColumn, read_chosen
from webapp.admin.listing.remembered import remember
from webapp.admin.listing.state import NOTHING_CHOSEN, BadParameter
from webapp.admin.options import ModelAdmin
from webapp.admin.permissions import require
from webapp.web.viewer import person


def choose_display(model_admin: ModelAdmin) -> ResponseReturnValue:
    """Remember what the chooser says for this person and this list, and go back to the list."""
    require(person(), model_admin, "view")
    asked = asked_list(model_admin, person(), request.args)
    addresses = Addresses(asked.spec, asked.state)
    try:
        chosen = (
            NOTHING_CHOSEN if "_reset" in request.form else read_chosen(asked.spec, asked.state, request.form)
        )
    except BadParameter as bad:
        refuse_parameter(model_admin, bad)
    except NoColumn:
        flash(_("Choose at least one column."), "warning")
        return redirect(addresses.list(), 303)
    remember(model_admin, person(), columns=",".join(chosen.columns), size=chosen.size)
    # What the address says wins, so it must not say it any more.
    return redirect(addresses.list(columns=None, size=None), 303)
