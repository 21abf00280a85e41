"""What holds between the rows: revisions, employment, rosters, genealogy."""

from collections.abc import Callable
from itertools import pairwise

import pandas as pd
import pytest

Folder = dict[str, pd.DataFrame]
Moments = Callable[[pd.Series], pd.Series]
REVISED = ("training_records", "batches", "work_records", "inspections")


def test_codes_are_unique_outside_revisions(folder: Folder) -> None:
    for name, table in folder.items():
        if "code" in table and name not in REVISED:
            assert table["code"].is_unique, name


@pytest.mark.parametrize("name", REVISED)
def test_revisions_complete_or_give_a_reason(folder: Folder, moments: Moments, name: str) -> None:
    table = folder[name].assign(moment=moments(folder[name]["known_at"]))
    table = table[table["code"].duplicated(keep=False)]
    values = [column for column in folder[name] if column not in ("code", "known_at", "reason")]
    kinds = {"completion": 0, "correction": 0}
    for _, rows in table.groupby("code"):
        for before, after in pairwise(rows.to_dict("records")):
            assert after["moment"] > before["moment"]
            opened = {("result", "open")}
            changed = [c for c in values if before[c] not in ("", after[c]) and (c, before[c]) not in opened]
            assert not changed or after["reason"]
            assert not [c for c in values if before[c] and not after[c]]
            kinds["correction" if changed else "completion"] += 1
    assert kinds["completion"]


def test_some_records_are_corrected(folder: Folder) -> None:
    assert sum((folder[name]["reason"] != "").sum() for name in REVISED if "reason" in folder[name]) > 5


def test_codes_keep_leading_zeros_and_no_protected_attribute_exists(folder: Folder) -> None:
    assert folder["employees"]["code"].str.fullmatch(r"0\d{4}").all()
    protected = ("sex", "gender", "age", "birth", "ethnic", "education", "marital")
    attributes = [column for table in folder.values() for column in table if column.startswith("attr_")]
    assert attributes
    assert not [column for column in attributes if any(word in column.split("_") for word in protected)]


def test_people_are_only_rostered_and_working_while_employed(folder: Folder) -> None:
    terms = folder["employees"].set_index("code")
    for name, column in (("shifts", "starts_at"), ("work_records", "started_at")):
        days = folder[name][column].str[:10]
        hired = folder[name]["employee_code"].map(terms["hired_on"])
        left = folder[name]["employee_code"].map(terms["left_on"])
        assert (days >= hired).all()
        assert ((left == "") | (days <= left)).all()


def test_shifts_of_a_person_do_not_overlap(folder: Folder, moments: Moments) -> None:
    table = folder["shifts"].assign(a=moments(folder["shifts"]["starts_at"]), b=moments(folder["shifts"]["ends_at"]))
    table = table.sort_values(["employee_code", "a"])
    same = table["employee_code"] == table["employee_code"].shift()
    assert (table["a"] >= table["b"].shift())[same].all()


def test_the_genealogy_has_no_circle_and_inputs_come_first(folder: Folder, moments: Moments) -> None:
    starts = moments(folder["batches"].drop_duplicates("code").set_index("code")["started_at"])
    links = folder["batch_inputs"]
    assert (links["input_code"].map(starts) < links["batch_code"].map(starts)).all()
