"""Which revisions there are, so that a new one is no other number in the tests."""

from webapp.setting_types import ROOT

REVISIONS = sorted(path.name[:4] for path in (ROOT / "migrations" / "versions").glob("[0-9]*.py"))
LAST_BUT_TWO, LAST_BUT_ONE, NEWEST = REVISIONS[-3:]
