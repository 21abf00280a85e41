"""Sectors as data: the three that come along, a fourth dropped in, and what a site says otherwise."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from service.messages.wording import words
from service.sectors.reading import FOLDER, BadSector, merged, names, of_home
from service.settings import settings

SECTORS = sorted(file.stem for file in FOLDER.glob("*.yaml"))


def test_three_come_along(tmp_path: Path) -> None:
    assert SECTORS == ["factory", "hospital", "hotel"] == names(tmp_path)


@pytest.mark.parametrize("name", SECTORS)
def test_each_is_whole_in_both_languages(name: str, tmp_path: Path) -> None:
    found = of_home(name, tmp_path)
    assert {each.function for each in found.duties.values()} == {"operations", "quality", "people", "service_desk"}
    for each in _words(yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))):
        assert each["en"].isascii()
        assert any("\u4e00" <= letter <= "\u9fff" for letter in each["zh"])


def _words(node: Any) -> list[dict[str, str]]:
    if not isinstance(node, dict):
        return []
    own = [node] if {"en", "zh"} == set(node) and isinstance(node["en"], str) else []
    return own + [found for child in node.values() for found in _words(child)]


def test_they_speak_differently(tmp_path: Path) -> None:
    said = [of_home(name, tmp_path).things.batch.en for name in SECTORS]
    assert said == ["lot", "case", "stay"]


def drop(home: Path, text: str, name: str = "sector.yaml") -> None:
    (home / name).parent.mkdir(parents=True, exist_ok=True)
    (home / name).write_text(text, encoding="utf-8")


def test_a_fourth_sector_is_a_file(tmp_path: Path) -> None:
    said = yaml.safe_load((FOLDER / "hotel.yaml").read_text(encoding="utf-8"))
    said["name"] = {"en": "Ship", "zh": "邮轮"}
    drop(tmp_path, yaml.safe_dump(said, allow_unicode=True), "sectors/ship.yaml")
    assert of_home("ship", tmp_path).name.en == "Ship"
    assert "ship" in names(tmp_path)


def test_a_site_says_otherwise_key_by_key(tmp_path: Path) -> None:
    before = of_home("factory", tmp_path)
    drop(tmp_path, "things: {batch: {en: heat}}\nduties:\n  training_plan: {due_days: 4}\n  issue_review: null\n")
    after = of_home("factory", tmp_path)
    assert (after.things.batch.en, after.things.batch.zh) == ("heat", before.things.batch.zh)
    assert after.duties["training_plan"].due_days == 4
    assert set(before.duties) - set(after.duties) == {"issue_review"}
    drop(tmp_path, "things: {batch: {en: melt}}\n# a change is seen without a restart\n")
    assert of_home("factory", tmp_path).things.batch.en == "melt"


@pytest.mark.parametrize(("text", "file", "key"), [
    ("duties: {training_plan: {cadence: FREQ=HOURLY}}", "sector.yaml", "duties.training_plan: cadence: "),
    ("duties: {training_plan: {due_days: soon}}", "sector.yaml", "duties.training_plan.due_days"),
    ("duties: {training_plan: {dew_days: 3}}", "sector.yaml", "duties.training_plan.dew_days"),
    ("duties: {new_one: {role: quality}}", "sector.yaml", "duties.new_one.name"),
    ("duties: {'9': {role: quality}}", "sector.yaml", "duties.9"),
    ("thinks: {}", "sector.yaml", "thinks: "),
    ("functions: {quality: null}", "sector.yaml", ": functions.quality is missing"),
    ("duties: [a, b]", "sector.yaml", "duties"),
    ("- a\n- b", "sector.yaml", "must say keys"),
    ("a: [", "sector.yaml, line 1", "not YAML"),
])
def test_what_is_wrong_is_told_by_file_and_key(tmp_path: Path, text: str, file: str, key: str) -> None:
    drop(tmp_path, text)
    with pytest.raises(BadSector) as refused:
        of_home("factory", tmp_path)
    assert file in str(refused.value)
    assert key in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_sector_nobody_wrote_is_refused_and_the_others_are_named(tmp_path: Path) -> None:
    with pytest.raises(BadSector, match="factory, hospital, hotel"):
        of_home("spaceport", tmp_path)


def test_merging_leaves_what_it_is_given_alone() -> None:
    base = {"a": {"b": 1}}
    assert merged(base, {"a": {"c": 2}, "d": 3}) == {"a": {"b": 1, "c": 2}, "d": 3}
    assert base == {"a": {"b": 1}}




OWN = """messages:
  obligation.due:
    en: {title: "Ward round: {title}", body: "Due {due}"}
    zh: {title: "查房：{title}", body: "%s"}
"""


@pytest.mark.parametrize(("zh", "says"), [("到期 {due}", "查房：T"), ("到期 {nobody_knows}", "T：2026-02-25 到期")])
def test_a_sector_says_messages_its_own_way_and_nobody_goes_untold(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, zh: str, says: str
) -> None:
    drop(tmp_path, OWN % zh)
    told = settings().model_copy(update={"sector": "hospital", "home": tmp_path})
    monkeypatch.setattr("service.sectors.reading.settings", lambda: told)
    data = {"title": "T", "due": "2026-02-25", "department": "D", "code": "C"}
    assert words("obligation.due", data, "zh").title == says
    drop(tmp_path, "nonsense: 1")
    assert words("obligation.due", data, "en").title == "T: due on 2026-02-25"


def test_a_blank_that_could_reach_further_is_refused(tmp_path: Path) -> None:
    drop(tmp_path, OWN % "{due.__class__}")
    with pytest.raises(BadSector, match=r"messages\.obligation\.due\.zh\.body: a blank is a name"):
        of_home("hospital", tmp_path)
