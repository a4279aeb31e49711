"""May this person? What a permission is called, what it comes with, and when none helps."""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask

from tests.admin import wild
from webapp.admin.mapping import describe
from webapp.admin.options import ModelAdmin, action
from webapp.admin.permissions import (
    DELETE,
    VERBS,
    actions_of,
    may,
    offered,
    require,
    verbs_of,
    vocabulary,
    with_implied,
)
from webapp.web.errors import Refusal

LOCKED = object()


@dataclass(frozen=True)
class Holder:
    """Somebody who holds these permissions, for everything but what is locked."""

    held: frozenset[str]

    def can(self, permission: str, obj: Any = None) -> bool:
        return permission in self.held and obj is not LOCKED


def holder(*permissions: str) -> Holder:
    return Holder(frozenset(permissions))


class LeafAdmin(ModelAdmin):
    name = "leaves"
    actions = ("press", "dry")
    #: What something else calls its action is none of ours.
    valve = SimpleNamespace(action="open")

    @action("Dry", permission="dry")
    def dry(self, obj: Any, user: Any, form: Any) -> None:
        """Has a permission of its own."""

    @action("Press")
    def press(self, obj: Any, user: Any, form: Any) -> None:
        """Takes the right to change."""

    @action("Burn", permission="delete")
    def burn(self, obj: Any, user: Any, form: Any) -> None:
        """Not in the list."""

    @action("Dry again", permission="dry")
    def air(self, obj: Any, user: Any, form: Any) -> None:
        """Shares a permission."""


class QuietAdmin(LeafAdmin):
    """Takes an action away by giving its name to something else."""

    press = None  # type: ignore[assignment]


@pytest.fixture
def leaves() -> ModelAdmin:
    return admin_of(LeafAdmin, wild.Dog)


def admin_of(kind: type[ModelAdmin], model: type) -> ModelAdmin:
    made = kind()
    made.model, made.info = model, describe(model)
    return made


# What there is to permit


def test_the_permissions_of_a_model_are_its_verbs_and_those_of_its_actions(leaves: ModelAdmin) -> None:
    assert vocabulary(leaves) == [
        "leaves.view",
        "leaves.add",
        "leaves.change",
        "leaves.delete",
        "leaves.export",
        "leaves.dry",
    ]
    assert [str(label) for label in verbs_of(leaves).values()] == [
        "See",
        "Add",
        "Change",
        "Delete",
        "Export",
        "Dry",
    ]


@pytest.mark.parametrize("verb", ["add", "change", "delete", "export"])
def test_what_a_model_does_not_offer_is_permitted_to_nobody(
    leaves: ModelAdmin, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    everything = holder(*vocabulary(leaves))
    assert may(everything, leaves, verb)
    monkeypatch.setattr(LeafAdmin, f"can_{verb}", False)
    assert not may(everything, leaves, verb)
    assert f"leaves.{verb}" not in vocabulary(leaves)
    assert len(vocabulary(leaves)) == 5


def test_of_an_abstract_class_nothing_can_be_added_and_the_rest_can_be_done() -> None:
    animals = admin_of(LeafAdmin, wild.Animal)
    everything = holder(*(f"leaves.{verb}" for verb in VERBS))
    assert [verb for verb in VERBS if not may(everything, animals, verb)] == ["add"]


# Who may


@pytest.mark.parametrize("verb", [*VERBS, "dry"])
def test_a_permission_lets_do_what_it_says_and_change_lets_see_as_well(leaves: ModelAdmin, verb: str) -> None:
    user = holder(f"leaves.{verb}")
    allowed = {one for one in (*VERBS, "dry") if may(user, leaves, one)}
    assert allowed == ({"change", "view"} if verb == "change" else {verb})


@pytest.mark.parametrize("verb", ["view", "change", "delete"])
def test_the_object_is_asked_about_too(leaves: ModelAdmin, verb: str) -> None:
    user = holder("leaves.change", "leaves.delete")
    assert may(user, leaves, verb, object())
    assert not may(user, leaves, verb, LOCKED)


def test_who_may_goes_on_and_who_may_not_reads_which_permission_it_takes(
    app: Flask, leaves: ModelAdmin
) -> None:
    user = holder("leaves.change")
    with app.test_request_context():
        require(user, leaves, "change")
        require(user, leaves, "view", object())
        for verb, obj in (("delete", None), ("change", LOCKED)):
            with pytest.raises(Refusal) as refused:
                require(user, leaves, verb, obj)
            assert refused.value.code == 403
            assert refused.value.description == (
                f"This needs the permission “leaves.{verb}”, here or for this record. "
                "Somebody who looks after users can grant it."
            )


def test_change_brings_view_of_the_same_model_along_and_nothing_else_does() -> None:
    given = ["users.change", "groups.delete", "change", "x.change.y", "a.changed"]
    assert with_implied(given) == frozenset([*given, "users.view"])
    assert with_implied([]) == frozenset()


# Actions


def test_actions_stand_as_they_are_listed_and_then_as_they_are_declared(leaves: ModelAdmin) -> None:
    assert list(actions_of(leaves)) == ["press", "dry", "burn", "air"]
    assert [one.name for one in actions_of(leaves).values()] == list(actions_of(leaves))


def test_a_subclass_takes_an_action_away() -> None:
    assert list(actions_of(admin_of(QuietAdmin, wild.Dog))) == ["dry", "burn", "air"]


def test_offered_is_what_is_listed_and_permitted_and_deleting_comes_last(leaves: ModelAdmin) -> None:
    everything = holder(*vocabulary(leaves))
    assert list(offered(leaves, everything)) == ["press", "dry", "delete"]
    assert offered(leaves, everything)["delete"] is DELETE
    assert list(offered(leaves, holder("leaves.dry"))) == ["dry"]
    assert list(offered(leaves, holder("leaves.delete", "leaves.change"), object())) == ["press", "delete"]
    assert offered(leaves, everything, LOCKED) == {}


def test_what_is_offered_is_asked_of_the_admin_for_the_person_and_the_object(
    leaves: ModelAdmin, monkeypatch: pytest.MonkeyPatch
) -> None:
    user, leaf = holder(*vocabulary(leaves)), object()

    def chosen(self: ModelAdmin, who: Any, obj: Any = None) -> tuple[str, ...]:
        assert who is user
        return ("burn",) if obj is leaf else ()

    monkeypatch.setattr(LeafAdmin, "get_actions", chosen)
    assert list(offered(leaves, user, leaf)) == ["burn", "delete"]
    assert list(offered(leaves, user)) == ["delete"]


def test_an_action_that_nobody_declared_is_an_error(
    leaves: ModelAdmin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LeafAdmin, "actions", ())
    monkeypatch.setattr(LeafAdmin, "get_actions", lambda *_: ("fly",))
    with pytest.raises(KeyError, match="fly"):
        offered(leaves, holder())


def test_an_action_in_the_place_of_another_member_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    class Crew(ModelAdmin):
        def pay(self, obj: object, user: object, form: object) -> None:
            pass

    admin = Crew.__new__(Crew)
    assert list(actions_of(admin)) == []
    for label in ("Pay", "Pay all"):

        def pay(self: object, obj: object, user: object, form: object) -> None:
            pass

        monkeypatch.setattr(Crew, "pay", action(label)(pay))
        assert {name: one.label for name, one in actions_of(admin).items()} == {"pay": label}
    monkeypatch.delattr(Crew, "pay")
    assert list(actions_of(admin)) == []
