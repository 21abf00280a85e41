"""Standards, processes, courses and the training matrix in the folder format."""

import numpy as np
import pandas as pd

from training.world.calendar import NEVER
from training.world.changes import FIRST_EFFECTIVE
from training.world.frames import frame
from training.world.site import Site
from training.world.tables_people import RELEASE

_GENERAL = (("1.1", "操作前核对文件版本 The document version is checked before work"),
            ("1.2", "记录可追溯到人和批 Records lead to a person and a batch"))


def rules_tables(site: Site) -> dict[str, pd.DataFrame]:
    """What is demanded: of the work, and of those who do it."""
    versions = standard_versions(site)
    return {
        "standards": _standards(site),
        "standard_versions": _versions_table(site, versions),
        "clauses": _clauses(site, versions),
        "processes": frame({
            "code": [item.code for item in site.sector.processes],
            "name": [item.name for item in site.sector.processes],
            "department_code": [item.department for item in site.sector.processes],
            "attr_automation": [item.automation for item in site.sector.processes],
        }),
        "process_versions": _process_versions(site),
        "courses": _courses(site),
        "course_covers": _covers(site),
        "requirements": _requirements(site),
    }


def standard_versions(site: Site) -> list[tuple[str, int, int, int]]:
    """(standard, version, effective day, days by which it became known too late), in order."""
    rows = []
    for number, process in enumerate(site.sector.processes):
        first = site.starts[number] - 40 if process.starts else FIRST_EFFECTIVE + 11 * number
        rows.append((process.standard, 1, int(first), 0))
        changes = [change for change in site.changes.standards if change.process == number]
        rows += [(process.standard, change.version, change.day, change.known_lag) for change in changes]
    for number, course in enumerate(site.sector.courses):
        rows.append((course.standard, 1, FIRST_EFFECTIVE, 0))
        rows += [(course.standard, 2, day, 0) for at, day in site.changes.common_days if at == number]
    return rows


def _standards(site: Site) -> pd.DataFrame:
    pairs = [(item.standard, item.title) for item in site.sector.processes]
    pairs += [(item.standard, item.standard_title) for item in site.sector.courses]
    return frame({"code": [code for code, _ in pairs], "title": [title for _, title in pairs]})


def _versions_table(site: Site, versions: list[tuple[str, int, int, int]]) -> pd.DataFrame:
    effective = np.array([day for _, _, day, _ in versions])
    lag = np.array([lag for _, _, _, lag in versions])
    texts = site.sector.texts.changes
    return frame({
        "standard_code": [code for code, _, _, _ in versions],
        "version": [version for _, version, _, _ in versions],
        "effective_at": site.calendar.day(effective),
        "known_at": site.calendar.day(np.where(lag > 0, effective + lag, NEVER)),
        "change_summary": [
            "" if version == 1 else texts[(at + version) % len(texts)] for at, (_, version, _, _) in enumerate(versions)
        ],
    })


def _clauses(site: Site, versions: list[tuple[str, int, int, int]]) -> pd.DataFrame:
    own = {item.standard: [(snag.clause, snag.demand) for snag in item.snags] for item in site.sector.processes}
    common = {item.standard: list(item.clauses) for item in site.sector.courses}
    rows = []
    for code, version, _, _ in versions:
        for at, (clause, text) in enumerate([*_GENERAL, *(own | common)[code]]):
            tightened = f" (第{version}版收紧 tightened in version {version})"
            revised = version > 1 and (at + version) % 3 == 0
            rows.append((code, version, clause, text + tightened * revised))
    names = ("standard_code", "version", "clause", "text")
    return frame({name: [row[at] for row in rows] for at, name in enumerate(names)})


def _process_versions(site: Site) -> pd.DataFrame:
    editions = site.changes.editions
    common = site.sector.courses[0].standard
    pointed = []
    for edition in editions:
        own = site.sector.processes[edition.process].standard
        shared = site.changes.common_on[0, max(edition.day, 0)]
        pointed.append(f"{own}@{edition.standard_version};{common}@{shared}")
    return frame({
        "process_code": [site.sector.processes[edition.process].code for edition in editions],
        "version": [edition.version for edition in editions],
        "effective_at": site.calendar.day(np.array([edition.day for edition in editions])),
        "standards": pointed,
    })


def _courses(site: Site) -> pd.DataFrame:
    catalogue = site.teaching.catalogue
    assessment = (catalogue.standard < 0)
    return frame({
        "code": catalogue.codes,
        "title": catalogue.titles,
        "minutes": catalogue.minutes,
        "validity_days": catalogue.validity,
        "method": np.where(assessment, "practical", np.where(catalogue.process < 0, "e-learning", "classroom")),
    })


def _covers(site: Site) -> pd.DataFrame:
    catalogue = site.teaching.catalogue
    standards = np.array(
        [item.standard for item in site.sector.processes] + [item.standard for item in site.sector.courses] + [""],
        dtype=object,
    )
    processes = np.array([item.code for item in site.sector.processes] + [""], dtype=object)
    return frame({
        "course_code": catalogue.codes,
        "standard_code": standards[catalogue.standard],
        "standard_version": np.full(len(catalogue.codes), "", dtype=object),
        "process_code": processes[catalogue.process],
    })


def _requirements(site: Site) -> pd.DataFrame:
    names = ("process_code", "post_code", "kind", "course_code", "credential_kind", "count", "validity_days")
    rows: list[tuple[str, ...]] = []
    for process in site.sector.processes:
        if process.covered:
            rows.append((process.code, "", "course", f"C-{process.code}", "", "", str(process.validity_days)))
        if process.assessed:
            rows.append((process.code, "", "assessment", f"A-{process.code}", "", "", "730"))
        if process.practice_days:
            rows.append((process.code, "", "practice", "", "", "", str(process.practice_days)))
        if process.supervised_pieces:
            rows.append((process.code, "", "supervised", "", "", str(process.supervised_pieces), ""))
    validity = {course.code: str(course.validity_days) for course in site.sector.courses}
    for post in site.sector.posts:
        rows += [("", post.code, "course", code, "", "", validity[code]) for code in post.courses]
        if post.licence:
            rows.append(("", post.code, "licence", "", post.licence, "", ""))
        if post.role == "inspector":
            rows.append(("", post.code, "authorisation", "", RELEASE, "", ""))
    return frame({name: [row[at] for row in rows] for at, name in enumerate(names)})
