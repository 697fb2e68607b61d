import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from penstock.duration import MAX_DURATION, Delay, Duration, format_duration, parse_duration
from penstock.source import PlainText

MINUTE, HOUR, DAY, WEEK = 60.0, 3600.0, 86400.0, 604800.0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("10s", 10),
        ("5s", 5),
        ("250ms", 0.25),
        ("1m", MINUTE),
        ("10m", 10 * MINUTE),
        ("2h", 2 * HOUR),
        ("1d", DAY),
        ("5w", 5 * WEEK),
        ("1h30m", 1.5 * HOUR),
        ("1m 10s", 70),
        ("1d 2h 30m", DAY + 2.5 * HOUR),
        ("3w 3d 20h 30m", 3 * WEEK + 3 * DAY + 20.5 * HOUR),
        ("30m 1h", 1.5 * HOUR),
        ("1h 0m", HOUR),
        ("1s500ms", 1.5),
        ("  10m\n", 10 * MINUTE),
        (PlainText("10m"), 10 * MINUTE),
    ],
)
def test_a_duration_is_read_in_seconds(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("600", "; write '600s' for seconds or '600m' for minutes"),
        ("10 m", "; write '10m'"),
        ("10M", "; write '10m'"),
        ("5min", "; write '5m'"),
        ("2 Hours", "; write '2h'"),
        ("1 week", "; write '1w'"),
        ("1.5h", "; write '1h 30m'"),
        ("0,5d", "; write '12h'"),
        ("0.0001h", "like 10s or 1m 10s"),
        ("3 fortnights", "like 10s or 1m 10s"),
        ("", "like 10s or 1m 10s"),
        ("0", "like 10s or 1m 10s"),
        ("-5m", "like 10s or 1m 10s"),
        ("1h 30", "like 10s or 1m 10s"),
        ("<+x>", "like 10s or 1m 10s"),
        ("٣m", "like 10s or 1m 10s"),
        ("9" * 5000 + "s", "like 10s or 1m 10s"),
    ],
)
def test_what_is_no_duration_is_refused_with_what_to_write(text: str, advice: str) -> None:
    with pytest.raises(ValueError, match="contain units s/m/h/d/w and are written like") as caught:
        parse_duration(text)
    assert str(caught.value).endswith(advice)
    assert len(str(caught.value)) < 250


def test_no_time_at_all_is_refused_unless_it_is_allowed() -> None:
    with pytest.raises(ValueError, match="'0s' is no time at all; write at least '1s'"):
        parse_duration("0s")
    assert parse_duration("0s", zero=True) == 0


def test_more_than_five_weeks_is_refused() -> None:
    with pytest.raises(ValueError, match="'5w 1s' is too long; write '5w' or less"):
        parse_duration("5w 1s")
    assert parse_duration("5w") == MAX_DURATION


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (0.04, "0s"),
        (0.4, "0.4s"),
        (2, "2s"),
        (9.96, "10s"),
        (12.4, "12s"),
        (59.6, "1m"),
        (61, "1m 1s"),
        (3600, "1h"),
        (3900, "1h 5m"),
        (3661, "1h 1m"),
        (3605, "1h"),
        (86700, "1d"),
        (90061, "1d 1h"),
        (3 * WEEK + 3 * DAY + HOUR, "3w 3d"),
        (-3, "0s"),
    ],
)
def test_a_duration_is_shown_by_its_two_largest_units(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


@given(st.integers(1, int(MAX_DURATION)))
def test_what_is_shown_can_be_read_again_and_is_less_than_a_seventh_short(seconds: int) -> None:
    again = parse_duration(format_duration(seconds))
    assert again <= seconds and seconds - again < max(1, seconds / 7)


def test_a_field_takes_text_and_seconds_that_were_read_before() -> None:
    field = TypeAdapter(Duration)
    assert field.validate_python(PlainText("1m")) == 60.0
    assert field.validate_python(field.validate_python("1m")) == 60.0
    assert field.validate_python(5) == 5.0
    assert field.json_schema()["type"] == "string"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("soon", "'soon' is not a duration"),
        ("0s", "no time at all"),
        (0, "no time at all"),
        (-1.5, "no time at all"),
        (float("nan"), "no time at all"),
        (float("inf"), "too long"),
        (True, "must be a duration; write it like '10s'"),
        (None, "must be a duration"),
        (["10s"], "must be a duration"),
    ],
)
def test_a_field_refuses_all_else(value: object, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        TypeAdapter(Duration).validate_python(value)


def test_a_delay_may_be_nothing() -> None:
    field = TypeAdapter(Delay)
    assert [field.validate_python(value) for value in ("0s", 0, "2s")] == [0.0, 0.0, 2.0]
    with pytest.raises(ValidationError, match="no time at all"):
        field.validate_python(-1)
