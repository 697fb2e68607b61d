from datetime import UTC, datetime, timedelta, timezone

import pytest

from penstock.render.moments import ago, clock_time, countdown, day_time, elapsed, iso, since

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ZONE = timezone(timedelta(hours=2))


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-1, "0.0s"),
        (0.84, "0.8s"),
        (9.94, "9.9s"),
        (9.96, "10s"),
        (59.4, "59s"),
        (59.6, "1m 00s"),
        (185, "3m 05s"),
        (3599.6, "1h 00m"),
        (7500, "2h 05m"),
        (86399, "23h 59m"),
        (3 * 86400 + 4 * 3600, "3d 04h"),
    ],
)
def test_a_duration_is_told_in_its_two_largest_units(seconds, text):
    assert elapsed(seconds) == text


@pytest.mark.parametrize(
    ("left", "text"), [(-5, "0s"), (0, "0s"), (0.2, "1s"), (9, "9s"), (59.5, "1m 00s")]
)
def test_a_countdown_ends_at_zero(left, text):
    assert countdown(NOW + timedelta(seconds=left), NOW) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.5, "just now"),
        (-0.5, "just now"),
        (59, "59s ago"),
        (200, "3m ago"),
        (7300, "2h ago"),
        (200000, "2d ago"),
        (-7300, "in 2h"),
    ],
)
def test_an_instant_is_told_from_now(seconds, text):
    assert ago(NOW - timedelta(seconds=seconds), NOW) == text


def test_times_are_local():
    assert clock_time(NOW, ZONE) == "14:00:00"


def test_another_day_is_told_with_its_date_as_the_zone_sees_it():
    assert day_time(NOW, NOW + timedelta(hours=1), ZONE) == "14:00:00"
    assert day_time(NOW, NOW + timedelta(hours=11), ZONE) == "2026-03-01 14:00"
    assert day_time(NOW, NOW + timedelta(hours=11), UTC) == "12:00:00"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2026-03-01T11:57:00+00:00", "11:57:00 (3m ago)"),
        ("2026-03-01T11:57:00Z", "11:57:00 (3m ago)"),
        ("2026-03-01T11:57:00", "11:57:00 (3m ago)"),
        ("2026-02-27T10:00:00Z", "2026-02-27 10:00 (2d ago)"),
        ("some \x1b[1mtime ago", "some time ago"),
    ],
)
def test_since_is_told_as_an_instant_and_from_now(text, shown):
    assert since(text, NOW, UTC) == shown


def test_machines_get_utc_with_milliseconds():
    assert iso(datetime(2026, 3, 1, 14, 0, 0, 250000, tzinfo=ZONE)) == "2026-03-01T12:00:00.250Z"
