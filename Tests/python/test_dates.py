"""Dates and times in tables: ISO 8601 exactly, nothing guessed at, zones and scales of time told."""
import pandas as pd
import pytest

from tables import table


@pytest.mark.parametrize("text", [
    "2019-03-01T00:00:00+05:07", "2019-03-01T00:00:00.5Z", "2019-03-01T12:30Z", "2019-03-01 12:30", "2019-03-01T12:30-03:30",
    "2019-03-01T23:59:59.123456Z", "2019-03-01T12+02", "20190301T123015Z", "2019-03-01T12:30:15 UTC",
])
def test_iso_8601_is_read_exactly(tmp_path, text):
    rows, _ = table(tmp_path, f"a,t\n1,{text}\n2,\n")
    want = pd.Timestamp(text)
    want = want.tz_convert("UTC") if want.tzinfo else want.tz_localize("UTC")
    assert abs((pd.Timestamp(rows[0]["t"]) - want).total_seconds()) <= 0.0005 and rows[0]["t"].endswith("Z")


def test_a_comma_divides_seconds_too(tmp_path):
    rows, _ = table(tmp_path, "a;t\n1;2019-03-01T00:00:00,5Z\n")
    assert rows[0]["t"] == "2019-03-01T00:00:00.500Z"


@pytest.mark.parametrize("text", [
    "31/12/19", "01/03/19 12:30", "01-03-19", "2019-03-01 01:00:00 PM", "2019-03-01 12:00:00 CET", "2019-03-01 12:00:00 EST", "1/3/2019",
])
def test_dates_are_not_guessed_at(tmp_path, text):
    rows, said = table(tmp_path, f"a,t\n1,{text}\n2,{text}\n")
    assert [r["t"] for r in rows] == [text, text]
    assert "'t'" in said and f"'{text}' in row 1" in said and "ISO 8601" in said


@pytest.mark.parametrize("text", ["01:00:00 PM", "12:30", "12:30:00+05:07"])
def test_times_of_day_stay_as_they_are_written(tmp_path, text):
    rows, _ = table(tmp_path, f"a,t\n1,{text}\n")
    assert rows[0]["t"] == text


def test_times_with_and_without_a_zone_are_told(tmp_path):
    """pandas refuses to mix them."""
    rows, said = table(tmp_path, "time,n\n2019-03-01T00:00:00+05:30,1\n2019-03-01T00:00:00,2\n")
    assert [r["time"] for r in rows] == ["2019-02-28T18:30:00.000Z", "2019-03-01T00:00:00.000Z"]
    assert "times without one in the column 'time'" in said
    for zone in ("Z", ""):
        _, said = table(tmp_path, f"time,n\n2019-03-01T00:00:00{zone},1\n2019-03-02T00:00:00{zone},2\n")
        assert "without one" not in said
