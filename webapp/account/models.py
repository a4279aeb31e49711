"""The sign-ins that are open: one row each, so that they can be listed and ended."""

from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.database import Base, ExactString, UtcDateTime


class UserSession(Base):
    """A person's sign-in in one browser.

    The browser's cookie carries a random token; the row holds only its SHA-256, so that a copy of the
    database opens no session (OWASP ASVS 5.0 §7.2).
    """

    __tablename__ = "user_sessions"
    __table_args__ = {"info": {"looked_after_by": "signing in and out", "label_plural": _l("Sessions")}}

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(ExactString(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime())
    ip: Mapped[str] = mapped_column(String(45))
    user_agent: Mapped[str] = mapped_column(String(255))
