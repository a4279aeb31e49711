"""Tables in a schema of their own, which only PostgreSQL has: an app beside the library, registered there alone."""

from sqlalchemy import ForeignKey, MetaData, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from webapp.admin.options import ModelAdmin
from webapp.admin.site import AdminSite

SCHEMA = "library_annex"


class AnnexBase(DeclarativeBase):
    metadata = MetaData(schema=SCHEMA)


class Box(AnnexBase):
    __tablename__ = "boxes"

    id: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str] = mapped_column(String(50))
    letters: Mapped[list["Letter"]] = relationship(
        back_populates="box", cascade="all, delete-orphan", passive_deletes=True
    )

    def __str__(self) -> str:
        return self.label


class Letter(AnnexBase):
    __tablename__ = "letters"

    id: Mapped[int] = mapped_column(primary_key=True)
    writer: Mapped[str] = mapped_column(String(100))
    box_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.boxes.id", ondelete="CASCADE"))
    box: Mapped[Box] = relationship(back_populates="letters")

    def __str__(self) -> str:
        return f"Letter of {self.writer}"


class BoxAdmin(ModelAdmin):
    label_plural = "Boxes"
    list_display = ("label",)


class LetterAdmin(ModelAdmin):
    list_display = ("writer", "box")
    search_fields = ("writer",)


def register(site: AdminSite) -> None:
    site.register(Box, BoxAdmin)
    site.register(Letter, LetterAdmin)
