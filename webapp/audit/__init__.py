"""The history of the whole site: a list that is only read, and pruning."""

from webapp.admin.history import LogEntry
from webapp.admin.site import AdminSite
from webapp.audit.admin import LogEntryAdmin


def register(site: AdminSite) -> None:
    site.register(LogEntry, LogEntryAdmin)
