"""Big days that the addon brings, against the calendar of a library."""

import ast
from datetime import date
from xml.etree import ElementTree

import holidays
import pytest

from devtool.paths import ADDON, REPO

DATA = REPO / ADDON / "data" / "crm_occasion_data.xml"
# {record: its name in the library}
NAMES = {
    "crm_occasion_eid": "Eid al-Fitr",
    "crm_occasion_new_year": "New Year's Day",
    "crm_occasion_independence": "Independence Day",
    "crm_occasion_christmas": "Christmas Day",
}


def find_dates():
    """Return {record: [(day, whether it returns every year)]}."""
    found = {}
    for record in ElementTree.parse(DATA).iter("record"):
        for field in record.iterfind("field[@name='date_ids']"):
            calls = (
                node
                for node in ast.walk(ast.parse(field.get("eval").strip(), mode="eval"))
                if isinstance(node, ast.Dict)
            )
            found[record.get("id")] = [
                (date.fromisoformat(values["date"]), values["recurring"])
                for values in map(ast.literal_eval, calls)
            ]
    return found


@pytest.mark.parametrize("record", NAMES)
def test_days_are_those_of_indonesia(record):
    days = find_dates()[record]
    years = [day.year for day, _recurring in days]
    calendar = holidays.country_holidays("ID", years=years, language="en_US")
    name = NAMES[record]
    for day, recurring in days:
        known = calendar.get_named(name, lookup="startswith", split_multiple_names=True)
        first = min(d for d in known if d.year == day.year)
        assert day == first
        assert recurring or name == "Eid al-Fitr"


def test_every_big_day_is_checked():
    assert find_dates().keys() == NAMES.keys()


def test_days_that_move_are_known_for_some_years():
    years = [day.year for day, _recurring in find_dates()["crm_occasion_eid"]]
    assert years == list(range(2026, 2033))
