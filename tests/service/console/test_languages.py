"""English and Chinese: nothing is left untranslated, and the viewer's wish decides."""

from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from fastapi.testclient import TestClient

from service.console.language import CATALOGS, LANGUAGES, Language
from tests.service.console.conftest import signed_in

SOURCES = [("**.py", "python"), ("templates/**.html", "jinja2.ext:babel_extract")]


def _messages() -> set[str]:
    found = extract_from_dir(
        str(Path(CATALOGS).parent), method_map=SOURCES, keywords={"_": None, "N_": None, "ngettext": (1, 2)},
        options_map={"templates/**.html": {"trim_blocks": "true", "lstrip_blocks": "true"}},
    )
    return {message[0] if isinstance(message, tuple) else message for _, _, message, _, _ in found}


@pytest.mark.parametrize("code", sorted(set(LANGUAGES) - {"en"}))
def test_every_message_is_translated_and_no_translation_is_left_over(code: str) -> None:
    with (CATALOGS / code / "LC_MESSAGES" / "messages.po").open("rb") as source:
        catalog = {(one.id[0] if isinstance(one.id, tuple) else one.id): one for one in read_po(source) if one.id}
    assert {name for name, one in catalog.items() if one.string and not one.fuzzy} == _messages()
    assert [one.id for one in catalog.values() if list(one.check())] == []


def test_the_choice_beats_the_account_and_the_account_beats_the_browser(client: TestClient) -> None:
    chinese = {"Accept-Language": "fr;q=0.9, zh-CN, en;q=0.5"}
    assert 'lang="zh-Hans"' in client.get("/login", headers=chinese).text
    assert 'lang="en"' in client.get("/login").text
    signed_in(client, "hua")
    client.post("/language", data={"code": "zh", "next": "/planner"})
    assert "培训安排" in client.get("/planner").text
    client.post("/language", data={"code": "en", "next": "/planner"})
    assert 'lang="en"' in client.get("/planner", headers=chinese).text


@pytest.mark.parametrize(
    ("chance", "low", "high", "en", "zh"),
    [
        (0.12, 0.08, 0.17, "12% (8–17%)", "12%（8%～17%）"),
        (0.021, 0.004, 0.0349, "2.1% (0.4–3.5%)", "2.1%（0.4%～3.5%）"),
        (0.24, 0.24, 0.743, "24% (24–74%)", "24%（24%～74%）"),
        (0.121, 0.119, 0.123, "12%", "12%"),
        (0.12, None, None, "12%", "12%"),
    ],
)
def test_a_chance_is_told_with_its_band(chance: float, low: float | None, high: float | None, en: str, zh: str) -> None:
    assert (Language("en").chance(chance, low, high), Language("zh").chance(chance, low, high)) == (en, zh)


def test_lists_tell_chances_and_where_there_is_too_little_data(client: TestClient) -> None:
    signed_in(client, "ada")
    assert "60% (50–70%)" in (planner := client.get("/planner").text)
    assert "Chance of a failed inspection: too little data to tell" in planner
    assert "Chance of a failed inspection: 69% (59–74%)" in client.get("/quality").text
    client.cookies.set("retrace_language", "zh")
    assert "检验不合格的可能性：数据太少，无法判断" in client.get("/planner").text
    assert "检验不合格的可能性：69%（59%～74%）" in client.get("/quality").text


def test_errors_of_the_domains_are_said_in_the_viewers_language(planner: TestClient) -> None:
    planner.cookies.set("retrace_language", "zh")
    gone = planner.post("/planner/accept", data={"suggestions": "999999999"})
    assert gone.status_code == 404
    assert "所请求的内容不存在" in gone.text


@pytest.mark.parametrize(("came_from", "back_to"), [
    ("http://testserver/feedback?about=/planner", "/feedback?about=/planner"),
    ("http://testserver//elsewhere.example", "/"),
])
def test_a_form_that_came_back_leads_to_the_page_it_stood_on(planner: TestClient, came_from: str, back_to: str) -> None:
    refused = planner.post("/feedback", data={"text": " "}, headers={"Referer": came_from})
    assert refused.status_code == 422
    assert f'<input type="hidden" name="next" value="{back_to}">' in refused.text


def test_a_page_whose_address_holds_a_space_is_still_that_page(inspector: TestClient) -> None:
    missing = inspector.get("/reports/LINE%20A/2026-10")
    assert missing.status_code == 404
    assert '<input type="hidden" name="next" value="/reports/LINE A/2026-10">' in missing.text
    assert 'href="/" aria-current="page"' not in missing.text
