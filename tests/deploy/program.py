"""The application with doors that only a test wants: a request that waits, and one that tells whose connection it has.

As with every server that loads the program before it forks, a connection lies in the pool by then.
"""

import os
import time
from pathlib import Path
from typing import Any

from flask import request
from sqlalchemy import event, literal, select

from webapp import create_app
from webapp.extensions import db, writing
from webapp.users.models import Group
from webapp.web.gate import public
from webapp.web.tokens import csrf

app = create_app()
folder = Path(os.environ["TEST_FOLDER"])


@csrf.exempt
@public
def wait_and_write() -> str:
    """Say that it has begun, wait for the file `go`, and only then write; with `?inside` the other way round."""
    name = request.args["name"]
    if "inside" not in request.args:
        _await_go(name)
    with writing():
        db.session.add(Group(name=name))
        db.session.flush()
        if "inside" in request.args:
            _await_go(name)
    return f"kept {name}"


def _await_go(name: str) -> None:
    (folder / f"begun-{name}").write_text(str(os.getpid()))
    while not (folder / "go").exists():
        time.sleep(0.02)


@public
def whose() -> dict[str, Any]:
    """Who answers, who opened the connection, and the number that was sent, by way of the database."""
    sent = int(request.args["number"])
    return {
        "process": os.getpid(),
        "opened_by": db.session.connection().info["process"],
        "number": db.session.scalar(select(literal(sent))),
    }


@public
def breaks() -> str:
    raise RuntimeError("as it was meant to")


@public
def host() -> str:
    return request.host_url


app.add_url_rule("/test/write", view_func=wait_and_write, methods=["POST"])
app.add_url_rule("/test/whose", view_func=whose)
app.add_url_rule("/test/breaks", view_func=breaks)
app.add_url_rule("/test/host", view_func=host)
with app.app_context():
    event.listen(db.engine, "connect", lambda _raw, record: record.info.update(process=os.getpid()))
    db.session.execute(select(literal(1)))
