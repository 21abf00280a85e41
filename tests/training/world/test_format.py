"""Every row of the written folder keeps the rules of the folder format."""

import sys
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest

from training.world import World

sys.path.insert(0, str(Path(__file__).parent))
from folder_format import COLUMNS, ENUMS, NATURAL_KEYS, ORDERS, REFERENCES, REVISED

Folder = dict[str, pd.DataFrame]


def moments(column: pd.Series) -> pd.Series:
    """Times as instants; a bare date is that day's start in the site's zone; blanks stay out."""
    filled = column[column != ""]
    full = filled.where(filled.str.contains("T"), filled + "T00:00:00+08:00")
    assert full.str.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00").all()
    return pd.to_datetime(full, utc=True)


def test_every_table_of_a_factory_is_there(folder: Folder) -> None:
    assert set(folder) == set(COLUMNS)
    assert all(len(table) for table in folder.values())


@pytest.mark.parametrize("name", COLUMNS)
def test_columns(folder: Folder, name: str) -> None:
    known = [column.rstrip("?") for column in COLUMNS[name].split()]
    needed = [column for column in COLUMNS[name].split() if not column.endswith("?")]
    extra = {"known_at", "reason"} if "code" in known else set()
    table = folder[name]
    unknown = [column for column in table if column not in {*known, *extra} and not column.startswith("attr_")]
    assert not unknown
    for column in needed:
        assert (table[column] != "").all(), f"{name}.{column}"


@pytest.mark.parametrize("name", COLUMNS)
def test_references_resolve(folder: Folder, name: str) -> None:
    for column in folder[name]:
        if column in REFERENCES:
            target, key = REFERENCES[column]
            used = set(folder[name][column]) - {""}
            assert used <= set(folder[target][key]), f"{name}.{column}"


def test_versions_resolve(folder: Folder) -> None:
    held = set(folder["standard_versions"]["standard_code"] + "@" + folder["standard_versions"]["version"])
    assert set(folder["clauses"]["standard_code"] + "@" + folder["clauses"]["version"]) <= held
    assert set(";".join(folder["process_versions"]["standards"]).split(";")) <= held
    editions = set(folder["process_versions"]["process_code"] + "@" + folder["process_versions"]["version"])
    assert set(folder["work_records"]["process_code"] + "@" + folder["work_records"]["process_version"]) <= editions
    covers = folder["course_covers"].set_index("course_code")["standard_code"]
    taught = folder["training_records"].query("standard_version != ''")
    assert set(taught["course_code"].map(covers) + "@" + taught["standard_version"]) <= held


@pytest.mark.parametrize(("name", "column"), ENUMS)
def test_enums(folder: Folder, name: str, column: str) -> None:
    assert set(folder[name][column]) <= set(ENUMS[name, column].split())


def test_results_of_inspections(folder: Folder) -> None:
    table = folder["inspections"]
    assert set(table["result"]) == {"pass", "fail", ""}
    assert ((table["result"] == "") == (table["performed_at"] == "")).all()
    assert (table[["batch_code", "work_code", "employee_code", "department_code"]] != "").any(axis=1).all()
    sampled = table[table["sample_size"] != ""]
    assert (sampled["nonconforming"].astype(int) <= sampled["sample_size"].astype(int)).all()


@pytest.mark.parametrize("name", ORDERS)
def test_times_are_in_order(folder: Folder, name: str) -> None:
    for first, second in ORDERS[name]:
        table = folder[name]
        both = table[(table[first] != "") & (table[second] != "")]
        assert (moments(both[first]) <= moments(both[second])).all(), f"{name}: {first} > {second}"


def test_nothing_is_known_at_or_after_the_end(folder: Folder, world: World) -> None:
    end = pd.Timestamp(world.spec.until, tz="Asia/Shanghai")
    for name, table in folder.items():
        if "known_at" in table and name != "standard_versions":
            assert moments(table["known_at"]).max() < end, name


@pytest.mark.parametrize("name", NATURAL_KEYS)
def test_natural_keys_are_unique(folder: Folder, name: str) -> None:
    assert not folder[name].duplicated(NATURAL_KEYS[name]).any()


def test_codes_are_unique_outside_revisions(folder: Folder) -> None:
    for name, table in folder.items():
        if "code" in table and name not in REVISED:
            assert table["code"].is_unique, name


@pytest.mark.parametrize("name", REVISED)
def test_revisions_complete_or_give_a_reason(folder: Folder, name: str) -> None:
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


def test_shifts_of_a_person_do_not_overlap(folder: Folder) -> None:
    table = folder["shifts"].assign(a=moments(folder["shifts"]["starts_at"]), b=moments(folder["shifts"]["ends_at"]))
    table = table.sort_values(["employee_code", "a"])
    same = table["employee_code"] == table["employee_code"].shift()
    assert (table["a"] >= table["b"].shift())[same].all()


def test_the_genealogy_has_no_circle_and_inputs_come_first(folder: Folder) -> None:
    starts = moments(folder["batches"].drop_duplicates("code").set_index("code")["started_at"])
    links = folder["batch_inputs"]
    assert (links["input_code"].map(starts) < links["batch_code"].map(starts)).all()
