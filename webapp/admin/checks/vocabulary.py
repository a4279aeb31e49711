"""Is each word one that is understood? One from Django's admin or from Flask-Admin, or a misspelt one, does nothing."""

from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches

from webapp.admin.checks.declaration import Declaration
from webapp.admin.options import ActionOptions, FilterOptions, display_options
from webapp.admin.problems import Problem

# Near enough for `qeury` and `lables`.
NEARNESS = 0.8
_CAN = "Write can(self, user, verb, obj=None)"
_LATER = "It comes later; leave it out until then."
_LINKS = "Write get_list_links(self, user) or get_links(self, user, obj), and the page on the blueprint."
_TEMPLATE = "Write templates/<name>/list.html, form.html … which are found by themselves."
_FORM = "Declare the field in a form_class."
_TO_MANY = "Leave it out: a relation is searched for by itself, or put it into autocomplete_fields."
_ALWAYS = "Leave it out; the list does what is right by itself."

#: What people know from elsewhere, with what to write here.
FOREIGN: Mapping[str, str] = {
    # Django's admin
    "get_inline_instances": "Write get_inlines(self, user, obj=None).",
    # Django's admin, called otherwise
    "actions_on_bottom": _ALWAYS,
    "actions_on_top": _ALWAYS,
    "actions_selection_counter": _ALWAYS,
    "add_view": _LINKS,
    "change_view": _LINKS,
    "changeform_view": _LINKS,
    "changelist_view": _LINKS,
    "construct_change_message": "Leave it out: every change is in the history by itself.",
    "delete_confirmation_max_display": _ALWAYS,
    "delete_selected_confirmation_template": _TEMPLATE,
    "delete_view": _LINKS,
    "get_changelist": _ALWAYS,
    "get_changelist_form": _LATER,
    "get_deleted_objects": "Leave it out: what goes along is told by itself.",
    "get_formsets_with_inlines": "Write get_inlines(self, user, obj=None).",
    "get_object": "Write query(self, user).",
    "get_paginator": _ALWAYS,
    "history_view": _LINKS,
    "lookup_allowed": "Write list_filter: nothing else is filtered by.",
    "popup_response_template": _TEMPLATE,
    "render_change_form": _TEMPLATE,
    "response_delete": "Write after_commit(self, obj, user).",
    "save_as_continue": _ALWAYS,
    "save_on_top": _ALWAYS,
    "action_form": "Give the form to the action: @action(label, form=…).",
    "add_form_template": _TEMPLATE,
    "change_form_template": _TEMPLATE,
    "change_list_template": _TEMPLATE,
    "delete_confirmation_template": _TEMPLATE,
    "object_history_template": _TEMPLATE,
    "delete_model": "Write before_delete(self, obj, user).",
    "delete_queryset": "Write before_delete(self, obj, user); it is called for each object.",
    "filter_horizontal": _TO_MANY,
    "filter_vertical": _TO_MANY,
    "raw_id_fields": _TO_MANY,
    "form": "Write form_class.",
    "formfield_for_choice_field": _FORM,
    "formfield_for_dbfield": _FORM,
    "formfield_for_foreignkey": "What may be chosen is what the target's query(self, user) gives.",
    "formfield_for_manytomany": "What may be chosen is what the target's query(self, user) gives.",
    "formfield_overrides": _FORM,
    "get_changeform_initial_data": "Write initial(self, user).",
    "get_form": "Write get_form_class(self, user, obj=None).",
    "get_list_select_related": "Write list_select_related.",
    "get_queryset": "Write query(self, user).",
    "get_search_results": "Write search_fields; what exists for a person is in query(self, user).",
    "get_sortable_by": "What is sorted by is said with @display(order_by=…).",
    "sortable_by": "What is sorted by is said with @display(order_by=…).",
    "get_urls": _LINKS,
    "has_add_permission": f"{_CAN}, or can_add = False.",
    "has_change_permission": f"{_CAN}, or can_change = False.",
    "has_delete_permission": f"{_CAN}, or can_delete = False.",
    "has_module_permission": f"{_CAN}.",
    "has_view_permission": f"{_CAN}.",
    "list_max_show_all": "Leave it out: a list is never shown whole; list_per_page says how many rows a page has.",
    "log_addition": "Leave it out: every change is in the history by itself.",
    "log_change": "Leave it out: every change is in the history by itself.",
    "log_deletion": "Leave it out: every change is in the history by itself.",
    "media": "Leave it out: scripts and styles are in static/, joined at start.",
    "Media": "Leave it out: scripts and styles are in static/, joined at start.",
    "message_user": "Raise Rejected with a sentence to refuse something.",
    "paginator": _ALWAYS,
    "preserve_filters": _ALWAYS,
    "show_facets": _ALWAYS,
    "show_full_result_count": _ALWAYS,
    "radio_fields": _FORM,
    "response_add": "Write after_commit(self, obj, user).",
    "response_change": "Write after_commit(self, obj, user).",
    "save_form": "Write before_save(self, obj, form, user).",
    "save_formset": "Write after_save(self, obj, form, user).",
    "save_model": "Write before_save(self, obj, form, user) or after_save(self, obj, form, user).",
    "save_related": "Write after_save(self, obj, form, user).",
    "search_help_text": "Write search_help.",
    "verbose_name": "Write label.",
    "verbose_name_plural": "Write label_plural.",
    # Flask-Admin
    "action_disallowed_list": "Write actions; deleting goes with can_delete = False.",
    "after_model_change": "Write after_commit(self, obj, user).",
    "after_model_delete": "Write after_commit(self, obj, user).",
    "can_view_details": "Leave it out: who may see and not change reads the form's page.",
    "category": "Write menu_group.",
    "column_choices": "Write choices.",
    "column_details_list": "Write fields.",
    "column_editable_list": "Write list_editable.",
    "column_select_related_list": "Write list_select_related.",
    "create_template": _TEMPLATE,
    "edit_template": _TEMPLATE,
    "form_ajax_refs": _TO_MANY,
    "form_args": "Write labels and help_texts; what is valid is said in a form_class.",
    "form_base_class": "Write form_class.",
    "form_extra_fields": _FORM,
    "form_overrides": _FORM,
    "form_widget_args": _FORM,
    "inline_models": "Write inlines, with classes of webapp.admin.inlines.",
    "list_template": _TEMPLATE,
    "page_size": "Write list_per_page.",
    "can_create": "Write can_add.",
    "can_edit": "Write can_change.",
    "column_default_sort": "Write ordering.",
    "column_descriptions": "Write help_texts.",
    "column_exclude_list": "Write list_display, with what is to be shown.",
    "column_filters": "Write list_filter.",
    "column_formatters": "Write a method with @display.",
    "column_labels": "Write labels.",
    "column_list": "Write list_display.",
    "column_searchable_list": "Write search_fields.",
    "column_sortable_list": "What is sorted by is said with @display(order_by=…).",
    "form_choices": "Write choices.",
    "form_columns": "Write fields.",
    "form_excluded_columns": "Write exclude.",
    "get_query": "Write query(self, user).",
    "is_accessible": f"{_CAN}.",
    "on_model_change": "Write before_save(self, obj, form, user).",
    "on_model_delete": "Write before_delete(self, obj, user).",
    # What one would guess
    "read_only": "Write can_add = can_change = can_delete = False.",
    "readonly": "Write can_add = can_change = can_delete = False.",
}
_SHOWING = ("list_display", "list_columns", "readonly_fields", "actions")


def word_problems(declaration: Declaration) -> Iterator[Problem]:
    used = {name for word in _SHOWING for _place, name in declaration.names(word)}
    used |= {name for _place, name in declaration.form_names()}
    for name, member in declaration.own.items():
        if name in declaration.words or name in used or _is_said_to_be(member):
            continue
        if name in FOREIGN:
            yield declaration.problem(
                "E534", name, "It is no word of ModelAdmin and does nothing.", FOREIGN[name]
            )
        elif near := _near(name, declaration.words):
            yield declaration.problem(
                "E535",
                name,
                "It is no word of ModelAdmin and does nothing.",
                f"Did you mean {near!r}? If it is your own, begin it with an underscore.",
            )


def _near(name: str, known: Collection[str]) -> str | None:
    """The word that *name* was meant to be, if it looks like one."""
    # What all getters have in common makes none of them like another.
    prefix = "get_" if name.startswith("get_") else ""
    words = [word.removeprefix(prefix) for word in known if word.startswith("get_") == bool(prefix)]
    near = get_close_matches(name.removeprefix(prefix), words, n=1, cutoff=NEARNESS)
    # `add_fieldsets` is one more of the same kind.
    return prefix + near[0] if near and not name.endswith(f"_{near[0]}") else None


def _is_said_to_be(member: object) -> bool:
    """Whether the developer said what *member* is for, with @display, @action or @choice_filter."""
    said = getattr(member, "action", None) or getattr(member, "choice_filter", None)
    return display_options(member) is not None or isinstance(said, ActionOptions | FilterOptions)
