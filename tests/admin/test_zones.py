"""Moments in lists: quicker than zone and Babel would tell each of them, and the same."""

import random
from datetime import UTC, datetime, timedelta
from html import unescape
from zoneinfo import ZoneInfo, available_timezones

import pytest
from babel import dates
from flask import Flask
from flask_babel import force_locale

from webapp.admin import zones
from webapp.admin.zones import brief_moment_formatter, to_zone

pytestmark = pytest.mark.one_engine

MANY = sorted(available_timezones())
AROUND_CHANGES = [
    datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC),
    datetime(2026, 3, 29, 1, 0, tzinfo=UTC),
    datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
    datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
    datetime(2011, 12, 30, 9, 59, tzinfo=UTC),
    datetime(2011, 12, 30, 10, 0, tzinfo=UTC),
    datetime.min.replace(tzinfo=UTC),
    datetime.max.replace(tzinfo=UTC),
]


@pytest.mark.parametrize("locale", ["en", "pt_BR", "de", "yo"])
def test_a_moment_in_a_list_is_told_as_its_zone_and_babel_tell_it(
    app: Flask, monkeypatch: pytest.MonkeyPatch, locale: str
) -> None:
    chance = random.Random(1)  # noqa: S311 - nobody is to be kept from guessing it
    begin = datetime(1890, 1, 1, tzinfo=UTC)
    with app.test_request_context(), force_locale(locale):
        for name in [*chance.sample(MANY, 20), "Europe/Lisbon", "Pacific/Apia", "UTC"]:
            zone = ZoneInfo(name)
            monkeypatch.setattr(zones, "viewer_zone", lambda zone=zone: zone)
            show = brief_moment_formatter("", "")
            some = [begin + timedelta(seconds=chance.randrange(135 * 365 * 86_400)) for _ in range(20)]
            for moment in [*AROUND_CHANGES, *some]:
                local = to_zone(moment, zone)
                clock = dates.format_time(local.time(), "medium", locale=locale).replace("\u202f", " ")
                day = dates.format_date(local.date(), "medium", locale=locale)
                near = abs(zones.now() - moment) < zones.RELATIVE_FOR
                if not near:
                    assert unescape(show(moment)) == f' title="{clock} {local.tzname()}">{day}'


def test_a_moment_of_today_has_its_day_in_the_title_whatever_its_zone(app: Flask) -> None:
    with app.test_request_context():
        now = zones.now()
        show = brief_moment_formatter("<b", "</b>")
        told = show(now - timedelta(hours=3))
        assert told == show((now - timedelta(hours=3)).astimezone(ZoneInfo("Asia/Tokyo")))
        assert told == show((now - timedelta(hours=3)).replace(tzinfo=None))
    assert told.endswith(">3 hours ago</b>")
    assert str((now - timedelta(hours=3)).year) in told
