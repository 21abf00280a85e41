"""The console speaks its sector's words."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from service.console.calling import names
from service.console.language import Language
from service.settings import settings
from tests.service.console.conftest import signed_in


@pytest.fixture
def hospital(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("RETRACE_SECTOR", "hospital")
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


@pytest.mark.parametrize(("language", "role", "batch", "severity"), [
    ("en", "Clinical wards", "Case", "Severe harm"), ("zh", "临床科室", "病例", "造成严重伤害"),
])
def test_functions_things_and_severities_are_called_as_the_sector_does(
    hospital: None, language: str, role: str, batch: str, severity: str
) -> None:
    called = names(Language(language))
    assert (called["role"]("operations"), called["thing"]("batch"), called["severity"]("critical")) == (
        role, batch, severity
    )
    assert called["subject_name"]("batch") == batch
    assert called["role"]("admin") in {"Administrator", "管理员"}


def test_pages_use_them(hospital: None, client: TestClient) -> None:
    signed_in(client, "olu")
    shown = client.get("/gate").text
    assert "Clinical wards" in shown
    assert ">Case</label>" in shown
