"""Somebody who types the same into every field of every form there is."""

from typing import Any
from urllib.parse import urlencode

from flask import Flask

from tests.pages import Form, Page, Visitor
from tests.rules.world import address, rules

TYPED = "input:not([type=hidden], [type=checkbox], [type=radio], [type=file]), textarea"


def fill_every_form(app: Flask, visitor: Visitor, key: object, text: str) -> list[Page]:
    """Type *text*, with the name and type of the field behind it, everywhere; what the forms that write answered."""
    answered = []
    for rule in rules(app):
        if "GET" not in (rule.methods or ()) or rule.endpoint in ("static", "account.setup"):
            continue
        page = visitor.get(address(app, rule, key))
        for tag in page.soup.select("main form"):
            form = Form(page, tag)
            for control in tag.select(TYPED):
                if name := control.get("name"):
                    form.fields[str(name)] = f"{text}-{name}-{control.get('type')}"
            if tag.get("method") == "post":
                answered.append(form.submit(_button(tag)))
            else:
                visitor.get(f"{form.action.partition('?')[0]}?{urlencode(form.fields, doseq=True)}")
    return answered


def _button(tag: Any) -> str:
    button = tag.select_one("button[name]")
    return str(button["name"]) if button else "_save"
