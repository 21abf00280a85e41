import math
import re

import pytest

from features import catalog
from features.cohort import KEYS, TARGETS, UnknownTarget

ATTRIBUTES = {
    "departments": [{"department_code": "d", "attr_k_num": 1.0, "attr_k_text": "x"}],
    "inspections": [{"inspection_code": "i", "attr_k_num": 1.0}],
}


@pytest.mark.parametrize("target", TARGETS)
def test_every_feature_has_sentences_in_both_languages(make_history, target):
    for feature in catalog.features(make_history(**ATTRIBUTES), target):
        for value in ("x" if feature.text else 0.0, "y" if feature.text else 1.0, 0.25, None, math.nan):
            if feature.text and value == 0.25:
                continue
            en, zh = (catalog.explain(feature.name, value, locale) for locale in ("en", "zh"))
            assert re.fullmatch(r"[A-Z0-9].*\.", en), en
            assert re.search(r"[\u4e00-\u9fff]", zh), zh
            assert zh.endswith("。"), zh
            assert not re.search(r"nan|None|[{}]", en + zh), en + zh


@pytest.mark.parametrize("target", TARGETS)
def test_names_are_unique_and_no_key_is_a_feature(make_history, target):
    names = [feature.name for feature in catalog.features(make_history(**ATTRIBUTES), target)]
    assert len(set(names)) == len(names)
    assert not set(names) & set(KEYS[target])


def test_a_feature_means_the_same_in_every_target(make_history):
    described = {}
    for target in TARGETS:
        for feature in catalog.features(make_history(), target):
            assert described.setdefault(feature.name, feature) == feature
            assert catalog.feature(feature.name) == feature


def test_only_the_inspector_is_a_nuisance(make_history):
    for target, nuisances in (
        ("need", []),
        ("risk-work", ["inspector_severity"]),
        ("risk-unit", ["inspector_severity"]),
    ):
        features = catalog.features(make_history(), target)
        assert [feature.name for feature in features if feature.nuisance] == nuisances
        assert not [feature.name for feature in features if "inspector" in feature.name and not feature.nuisance]


def test_sentences_carry_the_value():
    explain = catalog.explain
    assert explain("training_days_since_passed", 12.0, "en") == (
        "Last passed training for this process was 12 days ago."
    )
    assert explain("training_days_since_passed", 1.0, "en").endswith("was 1 day ago.")
    assert explain("training_days_since_passed", 31.0, "en").endswith("was 31 days ago.")
    assert explain("training_days_since_passed", 12.0, "zh_CN") == "最近一次通过该流程培训是在12天前。"
    assert explain("training_days_since_passed", None, "zh") == "尚无通过该流程培训的记录。"
    assert explain("unit_last_failed", 1, "en") == "This unit did not pass its last inspection."
    assert explain("record_check_failed", 1, "zh") == "该操作自检不合格。"
    assert explain("department_attr_area_num", 3.0, "en") == "Site attribute area (department) is 3."


def test_unknown_names_are_refused(make_history):
    with pytest.raises(catalog.UnknownFeature, match="no feature mood"):
        catalog.explain("mood", 1.0, "en")
    with pytest.raises(UnknownTarget):
        catalog.blocks(make_history(), "mood")


@pytest.mark.parametrize(
    ("name", "topic"),
    [
        ("standard_changed_since_training", "standard"), ("changed_since_training", "standard"),
        ("standards_behind", "standard"), ("process_changes_365", "process"), ("load_night", "load"),
    ],
)  # fmt: skip
def test_a_change_that_was_not_followed_is_one_topic(name, topic):
    assert catalog.topic(name) == topic


def test_that_a_version_was_taught_is_no_reason_to_expect_a_failure():
    assert not catalog.tells("training_current_version", 1.0)
    assert not catalog.tells("standard_changed_since_training", 0.0)
    assert catalog.tells("standard_changed_since_training", 1.0)
