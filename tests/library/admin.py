"""How the library is looked after, as a developer would write it."""

from typing import Any

from sqlalchemy import ColumnElement, Select, select

from tests.library.books import Atlas, Book, Item, Loan, Recording, Reservation, Tag
from tests.library.kinds import Notice, Oddity, Specimen
from tests.library.people import Author, Card, Employee, Librarian, Member, Volunteer
from tests.library.places import Branch, Shelf, Visit
from webapp.admin.inlines import StackedInline, TabularInline
from webapp.admin.options import ModelAdmin, Rejected, action, choice_filter, display
from webapp.admin.site import AdminSite
from webapp.database import now


class BooksOfAuthor(TabularInline):
    model = Book
    fk_name = "author"
    fields = ("title", "slug", "pages", "stage")
    ordering = ("title",)
    show_change_link = True


class CardOfMember(StackedInline):
    model = Card


class LoansOfMember(TabularInline):
    model = Loan
    ordering = ("-lent_on",)


class ReservationsOfMember(TabularInline):
    model = Reservation


class ShelvesOfBranch(TabularInline):
    model = Shelf
    max_num = 100


class AuthorAdmin(ModelAdmin):
    menu_group = "Catalogue"
    list_display = ("name", "born_on", "book_count", "website")
    list_filter = ("born_on",)
    search_fields = ("name",)
    ordering = ("name",)
    readonly_fields = ("book_count",)
    inlines = (BooksOfAuthor,)


class BookAdmin(ModelAdmin):
    menu_group = "Catalogue"
    list_display = ("title", "author", "translator", "tags", "binding", "stage", "price", "is_thick")
    list_filter = (
        "author",
        "translator",
        "tags",
        "binding",
        "language",
        "stage",
        "published_on",
        "loans",
        "shape",
    )
    date_hierarchy = "published_on"
    search_fields = ("title", "isbn")
    ordering = ("title",)
    fieldsets = (
        (None, {"fields": ("title", "slug", "author", "translator", "tags")}),
        (
            "Copy",
            {
                "fields": (
                    "isbn",
                    "pages",
                    "binding",
                    "language",
                    "stage",
                    "published_on",
                    "price",
                    "branch",
                ),
                "description": "What is printed in it, and where it stands.",
            },
        ),
        ("Text", {"fields": ("summary", "withdrawn_at")}),
    )
    readonly_fields = ("withdrawn_at",)
    autocomplete_fields = ("author",)
    prepopulated_fields = {"slug": ("title",)}
    actions = ("withdraw",)
    save_as = True

    @display("Thick", order_by="pages", boolean=True)
    def is_thick(self, obj: Book) -> bool:
        return (obj.pages or 0) > 500

    @choice_filter("Shape", choices=(("thin", "Thin"), ("thick", "Thick")))
    def shape(self, value: str, user: Any) -> ColumnElement[bool]:
        return Book.pages > 500 if value == "thick" else Book.pages <= 500

    @action("Withdraw from the shelves", confirm="Withdraw these books?")
    def withdraw(self, obj: Book, user: Any, form: Any) -> None:
        if obj.withdrawn_at is not None:
            raise Rejected("It was withdrawn before.")
        obj.withdrawn_at = now()


class TagAdmin(ModelAdmin):
    menu_group = "Catalogue"
    list_display = ("name",)
    search_fields = ("name",)


class ItemAdmin(ModelAdmin):
    menu_group = "Catalogue"
    list_display = ("title", "type")
    list_filter = ("type",)
    search_fields = ("title",)


class AtlasAdmin(ModelAdmin):
    menu_group = "Catalogue"
    label_plural = "Atlases"
    list_display = ("title", "scale")
    list_filter = ("scale",)
    search_fields = ("title",)
    ordering = ("-scale",)


class RecordingAdmin(ModelAdmin):
    menu_group = "Catalogue"
    list_display = ("title", "length", "artist")
    search_fields = ("title",)


class MemberAdmin(ModelAdmin):
    menu_group = "People"
    list_display = ("full_name", "email", "card", "joined_on", "is_student", "wants_letters")
    list_filter = ("card", "is_student", "wants_letters", "joined_on")
    search_fields = ("first_name", "last_name", "email")
    ordering = ("last_name", "first_name")
    inlines = (CardOfMember, LoansOfMember, ReservationsOfMember)


class CardAdmin(ModelAdmin):
    menu_group = "People"
    list_display = ("number", "member", "valid_until")
    list_filter = ("valid_until",)
    search_fields = ("number",)


class EmployeeAdmin(ModelAdmin):
    menu_group = "People"
    list_display = ("name", "kind", "branch")
    list_filter = ("kind",)
    search_fields = ("name",)


class LibrarianAdmin(ModelAdmin):
    name = "librarians"
    menu_group = "People"
    list_display = ("name", "languages", "branch")
    search_fields = ("name", "languages")


class VolunteerAdmin(ModelAdmin):
    name = "volunteers"
    menu_group = "People"
    list_display = ("name", "hours")


class LoanAdmin(ModelAdmin):
    menu_group = "At the desk"
    list_display = ("__str__", "lent_on", "returned_on", "is_back")
    list_editable = ("returned_on",)
    list_select_related = ("member", "book")
    list_filter = ("member", "book", "lent_on", "returned_on")
    search_fields = ("note",)
    ordering = ("-lent_on",)
    actions = ("take_back",)

    @action("Take back", permission="take_back")
    def take_back(self, obj: Loan, user: Any, form: Any) -> None:
        if obj.is_back:
            raise Rejected("It is back already.")
        obj.returned_on = now().date()


class ReservationAdmin(ModelAdmin):
    menu_group = "At the desk"
    list_display = ("made_at", "book", "member")
    list_filter = ("made_at",)
    ordering = ("-made_at",)
    autocomplete_fields = ("book", "member")


class NoticeAdmin(ModelAdmin):
    menu_group = "At the desk"
    list_display = ("code", "title", "is_public")
    list_filter = ("is_public",)
    search_fields = ("code", "title")

    def query(self, user: Any) -> Select[Any]:
        """What is not public yet is for superusers only."""
        notices = select(Notice)
        return notices if user.is_superuser else notices.where(Notice.is_public.is_(True))


class BranchAdmin(ModelAdmin):
    menu_group = "Places"
    label_plural = "Branches"
    list_display = ("name", "parent", "opens_at")
    list_filter = ("parent", "children", "opens_at")
    search_fields = ("name",)
    inlines = (ShelvesOfBranch,)


class ShelfAdmin(ModelAdmin):
    menu_group = "Places"
    label_plural = "Shelves"
    list_display = ("branch", "number", "metres")
    list_filter = ("number",)


class VisitAdmin(ModelAdmin):
    menu_group = "Places"
    can_add = can_change = can_delete = False
    list_display = ("at", "people", "branch")
    list_filter = ("branch",)
    date_hierarchy = "at"
    ordering = ("-at",)


class SpecimenAdmin(ModelAdmin):
    menu_group = "Kinds"
    list_display = (
        "name small number big exact plain ratio is_good is_known note day hour span seen_at local_at colour level "
        "reference facts photo page mail slug worth words place"
    ).split()
    list_filter = (
        "name small number big exact plain ratio is_good is_known note day hour span seen_at local_at colour level "
        "reference slug"
    ).split()
    search_fields = ("name", "note", "slug", "level")
    fieldsets = (
        (None, {"fields": ("name", "slug", "level", "colour", "reference")}),
        (
            "Measures",
            {
                "fields": ("small", "number", "big", "exact", "plain", "ratio", "worth"),
                "columns": 2,
                "tab": "Numbers",
                "description": "What can be counted and what can be weighed.",
            },
        ),
        ("Answers", {"fields": ("is_good", "is_known"), "columns": 2, "tab": "Numbers"}),
        ("Moments", {"fields": ("day", "hour", "span", "seen_at", "local_at"), "tab": "Times"}),
        ("Texts", {"fields": ("note", "page", "mail", "words", "place"), "tab": "Texts"}),
        ("Attachments", {"fields": ("facts", "photo"), "collapsed": True, "tab": "Texts"}),
    )


class OddityAdmin(ModelAdmin):
    menu_group = "Kinds"
    label_plural = "Oddities"
    list_display = (
        "q",
        "size",
        "sort",
        "from_",
        "after",
        "view",
        "data",
        "errors",
        "process",
        "meta",
        "action",
    )
    list_filter = ("q", "size", "sort", "from_", "after", "view", "data", "errors", "validate", "selected")
    search_fields = ("q", "data")


def register(site: AdminSite) -> None:
    site.register(Author, AuthorAdmin)
    site.register(Book, BookAdmin)
    site.register(Tag, TagAdmin)
    site.register(Item, ItemAdmin)
    site.register(Atlas, AtlasAdmin)
    site.register(Recording, RecordingAdmin)
    site.register(Member, MemberAdmin)
    site.register(Card, CardAdmin)
    site.register(Employee, EmployeeAdmin)
    site.register(Librarian, LibrarianAdmin)
    site.register(Volunteer, VolunteerAdmin)
    site.register(Loan, LoanAdmin)
    site.register(Reservation, ReservationAdmin)
    site.register(Notice, NoticeAdmin)
    site.register(Branch, BranchAdmin)
    site.register(Shelf, ShelfAdmin)
    site.register(Visit, VisitAdmin)
    site.register(Specimen, SpecimenAdmin)
    site.register(Oddity, OddityAdmin)
