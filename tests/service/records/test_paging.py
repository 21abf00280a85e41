"""Lists page by page: no gaps, no strangers' cursors, no parameter that is not declared."""

from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from service.records.merge import Outcome
from service.records.paging import BadCursor, Cursors
from service.records.wiretypes import Id

Headers = dict[str, str]
Put = Callable[..., Outcome]

INSPECTIONS = Cursors("inspections", Id)


@pytest.fixture
def admin(signed_in: Callable[[str], Headers]) -> Headers:
    return signed_in("admin")


def _codes(api: TestClient, admin: Headers, address: str) -> list[str]:
    """The codes of all pages."""
    seen: list[str] = []
    cursor = ""
    while True:
        page = api.get(f"/api/v1/{address}{cursor}", headers=admin).json()
        seen += [item["code"] for item in page["items"]]
        if page["next"] is None:
            return seen
        cursor = f"&cursor={page['next']}"


def test_a_list_is_read_page_by_page_without_gaps(api: TestClient, admin: Headers, site: Put) -> None:
    site("employees", *({"code": f"E{number}", "name": "N"} for number in range(7)))
    assert _codes(api, admin, "employees?limit=4") == ["007", "008", *(f"E{number}" for number in range(7))]


def test_a_record_of_evidence_is_listed_once_by_its_last_revision(api: TestClient, admin: Headers, site: Put) -> None:
    site("inspections", *({"code": f"I{number}", "kind": "patrol"} for number in range(5)))
    site("inspections", {"code": "I0", "result": "pass"}, {"code": "I3", "result": "fail"})
    assert _codes(api, admin, "inspections?limit=2") == ["I1", "I2", "I4", "I0", "I3"]


def _encoded(text: str) -> str:
    return urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "", "abc", "²", "1", "9" * 30, "a" * 501, _encoded("[" * 400), _encoded('["employees"]'),
        _encoded('["employees","7"]'), _encoded('["employees", 7]'), _encoded('["employees",-1]'),
        _encoded('["employees",7,7]'), _encoded(f'["employees",{2**62 + 1}]'), _encoded('{"employees":7}'),
        INSPECTIONS.write(7), Cursors("employees", Id).write(7) + "=", Cursors("employees", Id).write(7) + "\n",
    ],
)
def test_a_cursor_that_this_list_did_not_give_is_refused(api: TestClient, admin: Headers, cursor: str) -> None:
    answer = api.get("/api/v1/employees", params={"cursor": cursor}, headers=admin)
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:retrace:problem:bad-cursor")
    assert "start over" in answer.json()["detail"]


def test_the_greatest_cursor_is_behind_everything(api: TestClient, admin: Headers, site: Put) -> None:
    cursor = Cursors("employees", Id).write(2**62)
    assert api.get(f"/api/v1/employees?cursor={cursor}", headers=admin).json() == {"items": [], "next": None}


@given(st.text() | st.binary().map(lambda said: urlsafe_b64encode(said).decode()))
def test_no_text_breaks_a_cursor(cursor: str) -> None:
    with pytest.raises(BadCursor):
        INSPECTIONS.read(cursor)


@given(st.integers(0, 2**62), st.none() | st.datetimes(timezones=st.just(UTC)), st.floats(0, 1))
def test_a_cursor_leads_back_to_its_place(number: int, moment: datetime | None, share: float) -> None:
    cursors = Cursors("some", Id, datetime | None, float)
    read = cursors.read(cursors.write(number, moment, share))
    assert read == (number, moment, share)


@pytest.mark.parametrize("asked", ["limit=0", "limit=1001", "limit=x", "sort=name", "updated_since=yesterday",
                                   "updated_since=0001-01-01T00:00:00Z", "updated_since=9999-12-31T23:59:59-23:00"])
def test_what_is_not_declared_is_refused(api: TestClient, admin: Headers, asked: str) -> None:
    assert api.get(f"/api/v1/employees?{asked}", headers=admin).status_code == 422


def _stored_at(api: TestClient, admin: Headers, table: str, code: str, name: str) -> str:
    return str(api.get(f"/api/v1/{table}/{code}", headers=admin).json()[-1][name])


def test_what_was_changed_since_a_moment(api: TestClient, admin: Headers, site: Put) -> None:
    site("inspections", {"code": "I1", "kind": "patrol"}, {"code": "I2", "kind": "patrol"})
    since = _stored_at(api, admin, "inspections", "I2", "recorded_at")
    assert _codes(api, admin, f"inspections?updated_since={since}") == ["I2"]
    site("inspections", {"code": "I1", "result": "pass"})
    assert _codes(api, admin, f"inspections?updated_since={since}") == ["I2", "I1"]
    since = _stored_at(api, admin, "employees", "008", "updated_at")
    site("employees", {"code": "007", "name": "Li Ming"})
    assert _codes(api, admin, f"employees?updated_since={since}") == ["007", "008"]


def test_sets_are_read_by_parent_and_revision(api: TestClient, admin: Headers, site: Put) -> None:
    site("inspections", {"code": "I1", "kind": "patrol"}, {"code": "I2", "kind": "patrol"})
    site("findings", {"inspection_code": "I1", "severity": "minor"}, {"inspection_code": "I2", "severity": "minor"})
    site("findings", {"inspection_code": "I1", "severity": "major"}, reason="worse than thought")
    listed: list[Any] = api.get("/api/v1/findings?inspection_code=I1", headers=admin).json()["items"]
    assert [(one["severity"], one["revision"]) for one in listed] == [("minor", 2), ("major", 3)]
    assert api.get("/api/v1/findings?inspection_code=I9", headers=admin).json()["items"] == []
    assert len(api.get("/api/v1/findings", headers=admin).json()["items"]) == 3
    since = listed[-1]["recorded_at"]
    assert len(api.get("/api/v1/findings", params={"updated_since": since}, headers=admin).json()["items"]) == 1
