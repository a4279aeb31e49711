"""Models as developers map them: dictionaries, deferred columns, eager relations, classes that ask for arguments."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    CHAR,
    Column,
    Computed,
    ForeignKey,
    Integer,
    String,
    Table,
    case,
    func,
    literal_column,
    select,
    text,
    true,
)
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    MappedAsDataclass,
    attribute_keyed_dict,
    column_property,
    defer,
    joinedload,
    mapped_column,
    relationship,
    selectinload,
    validates,
)

from webapp.admin.inlines import TabularInline
from webapp.admin.options import ModelAdmin
from webapp.admin.site import AdminSite
from webapp.database import Versioned


class WildBase(DeclarativeBase):
    """Apart from the tables of the application and of the other tests."""


class Numbered:
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(String(20))


def between(name: str, one: str, other: str) -> Table:
    return Table(
        name,
        WildBase.metadata,
        Column("one_id", ForeignKey(f"{one}.id"), primary_key=True),
        Column("other_id", ForeignKey(f"{other}.id"), primary_key=True),
    )


class Leaf(Numbered, WildBase):
    __tablename__ = "wild_leaves"

    def __str__(self) -> str:
        return self.name  # type: ignore[return-value]


class Tree(Numbered, WildBase):
    """Relations to many in each form of loading and of collection."""

    __tablename__ = "wild_trees"

    green: Mapped[list[Leaf]] = relationship(
        secondary=between("wild_green", "wild_trees", "wild_leaves"), lazy="joined"
    )
    brown: Mapped[set[Leaf]] = relationship(
        secondary=between("wild_brown", "wild_trees", "wild_leaves"), lazy="selectin"
    )
    named: Mapped[dict[str, Leaf]] = relationship(
        secondary=between("wild_named", "wild_trees", "wild_leaves"),
        collection_class=attribute_keyed_dict("name"),
        lazy="raise",
    )
    best_id: Mapped[int | None] = mapped_column(ForeignKey("wild_leaves.id"))
    best: Mapped[Leaf | None] = relationship(lazy="raise")


class Vine(Numbered, WildBase):
    """It leads to itself, and to many others besides."""

    __tablename__ = "wild_vines"

    parent_id: Mapped[int | None] = mapped_column(ForeignKey("wild_vines.id", ondelete="SET NULL"))
    graft_id: Mapped[int | None] = mapped_column(ForeignKey("wild_vines.id", ondelete="SET NULL"))
    parent: Mapped["Vine | None"] = relationship(
        back_populates="shoots", remote_side="Vine.id", foreign_keys=parent_id
    )
    shoots: Mapped[list["Vine"]] = relationship(back_populates="parent", foreign_keys=parent_id)
    graft: Mapped["Vine | None"] = relationship(remote_side="Vine.id", foreign_keys=graft_id)
    leaves: Mapped[list[Leaf]] = relationship(
        secondary=between("wild_vine_leaves", "wild_vines", "wild_leaves")
    )


class Wall(Numbered, WildBase):
    __tablename__ = "wild_walls"


class Ivy(Versioned, Numbered, WildBase):
    """On a wall, and perhaps on another one, with which it goes; and beside one."""

    __tablename__ = "wild_ivies"

    wall_id: Mapped[int] = mapped_column(ForeignKey("wild_walls.id", ondelete="CASCADE"))
    on_id: Mapped[int | None] = mapped_column(ForeignKey("wild_ivies.id", ondelete="CASCADE"))
    beside_id: Mapped[int | None] = mapped_column(ForeignKey("wild_ivies.id", ondelete="SET NULL"))
    wall: Mapped[Wall] = relationship()
    on: Mapped["Ivy | None"] = relationship(remote_side="Ivy.id", foreign_keys=on_id)
    beside: Mapped["Ivy | None"] = relationship(remote_side="Ivy.id", foreign_keys=beside_id)


class Vertex(Numbered, WildBase):
    """Columns that are read when they are asked for, or not even then, and one that the database writes."""

    __tablename__ = "wild_vertices"

    long: Mapped[str | None] = mapped_column(String(50), deferred=True)
    never: Mapped[str | None] = mapped_column(String(50), deferred=True, deferred_raiseload=True)
    side: Mapped[int] = mapped_column(default=2)
    letter: Mapped[str | None] = mapped_column(CHAR)
    narrow: Mapped[str | None] = mapped_column(
        String(20).with_variant(String(3), "postgresql", "mysql", "mariadb")
    )
    area: Mapped[int | None] = mapped_column(Computed("side * side", persisted=True))


class Begun(WildBase):
    """Columns with a default of each kind: a value, a function, SQL, and the table's own in several forms."""

    __tablename__ = "wild_begun"

    id: Mapped[int] = mapped_column(primary_key=True)
    plain: Mapped[int | None] = mapped_column(default=5)
    word: Mapped[str] = mapped_column(String(20), server_default="hello")
    number: Mapped[int] = mapped_column(server_default=text("7"))
    quoted: Mapped[str | None] = mapped_column(String(20), server_default=text("'it'"))
    truth: Mapped[bool] = mapped_column(server_default=true())
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    summed: Mapped[int] = mapped_column(default=text("3 + 4"))
    copied: Mapped[str] = mapped_column(
        String(20), default=lambda context: context.get_current_parameters()["word"]
    )


class Tagged(WildBase):
    """Beside its key it has its version only."""

    __tablename__ = "wild_tagged"

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(Integer)
    leaves: Mapped[list[Leaf]] = relationship(secondary=between("wild_tags", "wild_tagged", "wild_leaves"))
    __mapper_args__ = {"version_id_col": version}


class Given(MappedAsDataclass, WildBase):
    """It cannot be made of nothing."""

    __tablename__ = "wild_given"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    name: Mapped[str] = mapped_column(String(20))
    leaf_id: Mapped[int | None] = mapped_column(ForeignKey("wild_leaves.id"), init=False)
    leaf: Mapped[Leaf | None] = relationship()
    note: Mapped[str | None] = mapped_column(String(20), default=None)


class Strict(Numbered, WildBase):
    """Its validators refuse in the two ways that SQLAlchemy's own examples do."""

    __tablename__ = "wild_strict"

    age: Mapped[int | None]
    leaf_id: Mapped[int | None] = mapped_column(ForeignKey("wild_leaves.id"))
    leaf: Mapped[Leaf | None] = relationship()

    @validates("name")
    def _check_name(self, key: str, value: str | None) -> str | None:
        if value == "bad":
            raise ValueError("no bad names")
        return value

    @validates("age")
    def _check_age(self, key: str, value: int | None) -> int | None:
        assert value is None or value < 100, "nobody is so old"
        return value

    @validates("leaf")
    def _check_leaf(self, key: str, value: Leaf | None) -> Leaf | None:
        if value is not None and value.name == "poison":
            raise ValueError("poison is no leaf to have")
        return value


class Animal(Numbered, WildBase):
    """There are none but those of its subclasses, which SQLAlchemy reads with an outer join."""

    __tablename__ = "wild_animals"

    kind: Mapped[str] = mapped_column(String(20))
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_abstract": True, "with_polymorphic": "*"}


class Dog(Animal):
    __mapper_args__ = {"polymorphic_identity": "dog"}


class Bird(Animal):
    __tablename__ = "wild_birds"

    id: Mapped[int] = mapped_column(ForeignKey("wild_animals.id"), primary_key=True)
    wings: Mapped[int] = mapped_column(default=2)
    __mapper_args__ = {"polymorphic_identity": "bird"}


class Paper(Numbered, WildBase):
    """What class it is of is computed."""

    __tablename__ = "wild_papers"

    __mapper_args__ = {
        "polymorphic_on": case((literal_column("wild_papers.name") == "bill", "bill"), else_="paper"),
        "polymorphic_identity": "paper",
    }


class Bill(Paper):
    __mapper_args__ = {"polymorphic_identity": "bill"}


class Perch(WildBase):
    """Mapped to a join and not to a table."""

    __table__ = Bird.__table__.join(Animal.__table__)
    id = column_property(Animal.__table__.c.id, Bird.__table__.c.id)


MODELS = (
    Begun,
    Leaf,
    Tree,
    Vine,
    Wall,
    Ivy,
    Vertex,
    Tagged,
    Given,
    Strict,
    Animal,
    Dog,
    Bird,
    Paper,
    Bill,
    Perch,
)


def admin_for(model: type) -> type[ModelAdmin]:
    words: dict[str, Any] = {"name": model.__name__.lower()}
    if model is Perch:
        words |= {"list_display": ("name", "wings"), "search_fields": ("name",), "can_add": False}
        words |= {"can_change": False, "can_delete": False}
    if model is Vertex:
        words["list_display"] = ("__str__", "long", "never", "area")
    if model is Vine:
        rows = {"model": Vine, "fk_name": "parent", "fields": ("name", "graft")}
        inline = type("Shoots", (TabularInline,), rows)
        words |= {"list_select_related": ("parent",), "inlines": (inline,)}
    if model is Wall:
        rows = {"model": Ivy, "fields": ("name", "on", "beside"), "ordering": ("id",)}
        words["inlines"] = (type("Ivies", (TabularInline,), rows),)
    if model is Tree:
        words["list_display"] = ("name", "best", "brown")
        words["query"] = lambda self, user: select(Tree).options(
            selectinload(Tree.best), joinedload(Tree.brown), defer(Tree.name)
        )
    return type(f"{model.__name__}Admin", (ModelAdmin,), words)


class WildApp:
    """An app of its own, as a developer adds one."""

    @staticmethod
    def register(site: AdminSite) -> None:
        for model in MODELS:
            site.register(model, admin_for(model))
