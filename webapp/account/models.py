"""The sign-ins that are open: one row each, so that they can be listed and ended."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.database import Base, ExactString, FoldedString, UtcDateTime
from webapp.texts import lazy_gettext as _l


class UserSession(Base):
    """A person's sign-in in one browser.

    The browser's cookie carries a random token; the row holds only its SHA-256, so that a copy of the
    database opens no session (OWASP ASVS 5.0 §7.2).

    :ivar confirmed_at: when the person last gave the password in it, signing in included.
    """

    __tablename__ = "user_sessions"
    __table_args__ = {"info": {"looked_after_by": "signing in and out", "label_plural": _l("Sessions")}}

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(ExactString(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime(), index=True)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    ip: Mapped[str] = mapped_column(String(45))
    user_agent: Mapped[str] = mapped_column(String(255))


class EmailChange(Base):
    """The address that a person wants to have, until somebody who reads what is sent there says so.

    Both links carry random tokens; the row holds only their SHA-256.

    :ivar stop_hash: of the link in the letter to the address that the person has.
    """

    __tablename__ = "email_changes"
    __table_args__ = {
        "info": {"looked_after_by": "the own account", "label_plural": _l("Changes of e-mail addresses")}
    }

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    email: Mapped[str] = mapped_column(FoldedString(254))
    token_hash: Mapped[str] = mapped_column(ExactString(64))
    stop_hash: Mapped[str] = mapped_column(ExactString(64))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime())


class LoginTries(Base):
    """How often somebody has tried in vain: one row an account, an address and a browser, and one for all.

    What is counted is named by a keyed hash, so that the table tells nobody which names were tried.
    """

    __tablename__ = "login_tries"
    __table_args__ = {"info": {"looked_after_by": "signing in and out", "label_plural": _l("Sign-in tries")}}

    key: Mapped[str] = mapped_column(ExactString(64), primary_key=True)
    #: The account that a browser's row belongs to, so that both are unlocked together.
    account: Mapped[str] = mapped_column(ExactString(64), index=True)
    tries: Mapped[int] = mapped_column()
    since: Mapped[datetime] = mapped_column(UtcDateTime())
    last_at: Mapped[datetime] = mapped_column(UtcDateTime())
    locked_until: Mapped[datetime] = mapped_column(UtcDateTime())
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime(), index=True)
