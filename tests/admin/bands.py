"""Bands and what hangs on them, in every way in which rows hang on another: what inlines are tried on."""

from datetime import date
from typing import Any

from sqlalchemy import ForeignKey, ForeignKeyConstraint, LargeBinary, Select, String, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from webapp.admin.inlines import StackedInline, TabularInline
from webapp.admin.options import ModelAdmin, Rejected
from webapp.admin.site import AdminSite
from webapp.database import Versioned


class BandBase(DeclarativeBase):
    """Apart from the tables of the application and of the other tests."""


class Band(Versioned, BandBase):
    __tablename__ = "bands"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50))
    gigs: Mapped[list["Gig"]] = relationship(
        back_populates="band", cascade="all, delete-orphan", passive_deletes=True, foreign_keys="Gig.band_id"
    )
    contract: Mapped["Contract | None"] = relationship(back_populates="band", passive_deletes=True)
    # Its songs do not know the way back.
    songs: Mapped[list["Song"]] = relationship(cascade="all, delete-orphan", passive_deletes=True)
    members: Mapped[list["Membership"]] = relationship(
        back_populates="band", cascade="all, delete-orphan", passive_deletes=True
    )

    def __str__(self) -> str:
        return self.name


class Gig(Versioned, BandBase):
    """A key that is counted, a version, and two ways to a band."""

    __tablename__ = "band_gigs"

    id: Mapped[int] = mapped_column(primary_key=True)
    town: Mapped[str] = mapped_column(String(20))
    code: Mapped[str | None] = mapped_column(String(10), unique=True)
    day: Mapped[date | None]
    fee: Mapped[int] = mapped_column(default=100)
    is_secret: Mapped[bool] = mapped_column(default=False)
    band_id: Mapped[int] = mapped_column(ForeignKey("bands.id", ondelete="CASCADE"), index=True)
    support_id: Mapped[int | None] = mapped_column(ForeignKey("bands.id", ondelete="SET NULL"))
    band: Mapped[Band] = relationship(back_populates="gigs", foreign_keys=[band_id])
    support: Mapped[Band | None] = relationship(foreign_keys=[support_id])

    def __str__(self) -> str:
        return self.town


class Ticket(BandBase):
    """Keeps its gig from being deleted."""

    __tablename__ = "band_tickets"

    id: Mapped[int] = mapped_column(primary_key=True)
    seat: Mapped[str] = mapped_column(String(5))
    gig_id: Mapped[int] = mapped_column(ForeignKey("band_gigs.id", ondelete="RESTRICT"))

    def __str__(self) -> str:
        return self.seat


class Contract(BandBase):
    """One for a band at most."""

    __tablename__ = "band_contracts"

    id: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str] = mapped_column(String(20))
    scan: Mapped[bytes | None] = mapped_column(LargeBinary)
    band_id: Mapped[int] = mapped_column(ForeignKey("bands.id", ondelete="CASCADE"), unique=True)
    band: Mapped[Band] = relationship(back_populates="contract")

    def __str__(self) -> str:
        return self.label


class Song(BandBase):
    """In an order, of no version, and nobody is registered for it."""

    __tablename__ = "band_songs"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(20))
    place: Mapped[int]
    band_id: Mapped[int] = mapped_column(ForeignKey("bands.id", ondelete="CASCADE"))

    def __str__(self) -> str:
        return self.title


class Player(BandBase):
    __tablename__ = "band_players"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(20))

    def __str__(self) -> str:
        return self.name


class Membership(BandBase):
    """A band and a player: the two are its key, and it says more about them."""

    __tablename__ = "band_members"

    band_id: Mapped[int] = mapped_column(ForeignKey("bands.id", ondelete="CASCADE"), primary_key=True)
    player_id: Mapped[int] = mapped_column(ForeignKey("band_players.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(20), default="")
    band: Mapped[Band] = relationship(back_populates="members")
    player: Mapped[Player] = relationship()

    def __str__(self) -> str:
        return self.role


class Hall(BandBase):
    """Its key has two columns, and so has the foreign key of what hangs on it."""

    __tablename__ = "band_halls"

    town: Mapped[str] = mapped_column(String(20), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)

    def __str__(self) -> str:
        return f"{self.town} {self.number}"


class Door(BandBase):
    __tablename__ = "band_doors"
    __table_args__ = (
        ForeignKeyConstraint(["town", "hall"], ["band_halls.town", "band_halls.number"], ondelete="CASCADE"),
    )

    town: Mapped[str] = mapped_column(String(20), primary_key=True)
    hall: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    letter: Mapped[str] = mapped_column(String(1), primary_key=True)
    width: Mapped[int] = mapped_column(default=2)

    def __str__(self) -> str:
        return f"Door {self.letter}"


class GigInline(TabularInline):
    model = Gig
    fk_name = "band"
    fields = ("town", "code", "day", "fee")
    ordering = ("town",)
    show_change_link = True


class ContractInline(StackedInline):
    model = Contract


class SongInline(TabularInline):
    model = Song
    position = "place"


class MembershipInline(TabularInline):
    model = Membership
    extra = 1


class DoorInline(TabularInline):
    model = Door


class BandAdmin(ModelAdmin):
    inlines = (GigInline, ContractInline, SongInline, MembershipInline)
    fields = ("name",)
    save_as = True


class GigAdmin(ModelAdmin):
    name = "gigs"
    list_display = ("town",)
    readonly_fields = ("is_secret",)
    #: What the hooks were told, in order.
    told: list[str] = []

    def query(self, user: Any) -> Select[Any]:
        """A secret gig is for superusers only."""
        gigs = select(Gig)
        return gigs if user.is_superuser else gigs.where(Gig.is_secret.is_(False))

    def can(self, user: Any, verb: str, obj: Any = None) -> bool:
        """What costs 7 nobody but a superuser touches."""
        is_closed = obj is not None and obj.fee == 7 and verb in ("change", "delete")
        return super().can(user, verb, obj) and (not is_closed or user.is_superuser)

    def clean(self, form: Any, obj: Any, user: Any) -> None:
        if form["town"].data == "Nowhere":
            raise Rejected("There is no such town.", "town")

    def before_save(self, obj: Gig, form: Any, user: Any) -> None:
        if obj.fee == 13:
            raise Rejected("No band plays for 13.", "fee")

    def before_delete(self, obj: Gig, user: Any) -> None:
        if obj.fee == 99:
            raise Rejected("This one was paid for.")

    def after_commit(self, obj: Gig, user: Any) -> None:
        self.told.append(obj.town)


class MembershipAdmin(ModelAdmin):
    name = "memberships"
    list_select_related = ("player",)


class HallAdmin(ModelAdmin):
    name = "halls"
    inlines = (DoorInline,)


class PlayerAdmin(ModelAdmin):
    name = "players"
    search_fields = ("name",)


class ContractAdmin(ModelAdmin):
    name = "contracts"


class TicketAdmin(ModelAdmin):
    name = "tickets"


def register(site: AdminSite) -> None:
    site.register(Band, BandAdmin)
    site.register(Gig, GigAdmin)
    site.register(Ticket, TicketAdmin)
    site.register(Contract, ContractAdmin)
    site.register(Player, PlayerAdmin)
    site.register(Membership, MembershipAdmin)
    site.register(Hall, HallAdmin)
