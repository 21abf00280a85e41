"""In a simulated site the trace names the true cause wherever the records hold evidence of it.

Whether they do is decided here from the folder and the truth alone, not by the trace's own rules.
"""

from collections.abc import Callable, Iterator
from math import sqrt

import pandas as pd
import pytest
from sqlalchemy.orm import Session

from service.trace.actions import trace
from service.trace.schemas import TraceAsked
from tests.service.database import Database
from training.world.spec import World

MONTHS = pd.Timedelta(days=180)


@pytest.fixture
def session(plant_records: Database) -> Iterator[Session]:
    """The plant's records."""
    with Session(plant_records.app) as session:
        yield session


class Evidence:
    """What the folder shows of a piece of work, whoever asks."""

    def __init__(self, world: World) -> None:
        tables = {name: table.drop_duplicates("code", keep="last").set_index("code")
                  for name, table in world.tables.items() if "code" in table}
        self.work, self.inspections = tables["work_records"], tables["inspections"]
        self.truth = world.truth["work"].set_index("work_code")
        self.requirements, self.inputs = world.tables["requirements"], world.tables["batch_inputs"]
        self.versions, self.standards = world.tables["process_versions"], world.tables["standard_versions"]

    def exists(self, cause: str, code: str) -> bool:
        """Whether the records of a site would let somebody see this cause in this piece of work."""
        seen: dict[str, Callable[[str], bool]] = {
            "training_not_completed": self._untrained, "unqualified_on_post": self._untrained,
            "training_not_covered": self._uncovered, "standard_not_synced": self._behind,
            "process_not_followed": self._departed, "input_batch": self._bad_input,
            "inspection_missed": self._uninspected, "training_ineffective": self._qualified_keep_failing,
        }
        return cause in seen and seen[cause](code)

    def _untrained(self, code: str) -> bool:
        return self.truth.loc[code, "standing"] != "qualified" and not self.truth.loc[code, "supervised"]

    def _uncovered(self, code: str) -> bool:
        of_process = self.requirements["process_code"] == self.work.loc[code, "process_code"]
        return not (of_process & (self.requirements["kind"] == "course")).any()

    def _in_force(self, table: pd.DataFrame, key: str, value: str, at: str) -> pd.Series:
        rows = table[(table[key] == value) & (pd.to_datetime(table["effective_at"], utc=True) <= pd.Timestamp(at))]
        return rows.iloc[-1]

    def _behind(self, code: str) -> bool:
        work = self.work.loc[code]
        version = self._in_force(self.versions, "process_code", work["process_code"], work["started_at"])
        for said in str(version["standards"]).split(";"):
            standard, _, follows = said.partition("@")
            now = self._in_force(self.standards, "standard_code", standard, work["started_at"])
            if int(follows) < int(now["version"]):
                return True
        return False

    def _departed(self, code: str) -> bool:
        work = self.work.loc[code]
        version = self._in_force(self.versions, "process_code", work["process_code"], work["started_at"])
        return work["self_check"] != "pass" or str(work["process_version"]) != str(version["version"])

    def _upstream(self, batch: str) -> set[str]:
        found, frontier = set[str](), {batch}
        while frontier:
            frontier = set(self.inputs.loc[self.inputs["batch_code"].isin(frontier), "input_code"]) - found
            found |= frontier
        return found

    def _of_batches(self, batches: set[str]) -> pd.DataFrame:
        works = self.work.index[self.work["batch_code"].isin(batches)]
        own = self.inspections["batch_code"].isin(batches) | self.inspections["work_code"].isin(works)
        return self.inspections[own]

    def _bad_input(self, code: str) -> bool:
        upstream = self._upstream(self.work.loc[code, "batch_code"])
        return bool((self._of_batches(upstream)["result"] == "fail").any())

    def _uninspected(self, code: str) -> bool:
        batch = self.work.loc[code, "batch_code"]
        return bool(batch) and not self._of_batches({batch})["result"].isin(["pass", "fail"]).any()

    def _qualified_keep_failing(self, code: str) -> bool:
        work = self.work.loc[code]
        at = pd.Timestamp(work["started_at"])
        of_process = self.inspections[self.inspections["work_code"].isin(
            self.work.index[self.work["process_code"] == work["process_code"]]
        ) & self.inspections["result"].isin(["pass", "fail"])]
        when = pd.to_datetime(of_process["performed_at"], utc=True)
        recent = of_process[(when > at - MONTHS) & (when < at)]
        good = recent[self.truth.loc[recent["work_code"], "standing"].to_numpy() == "qualified"]
        total, failed = len(good), int((good["result"] == "fail").sum())
        if total < 5:
            return False
        rate, z = failed / total, 1.96
        half = z * sqrt(rate * (1 - rate) / total + z * z / (4 * total * total))
        return (rate + z * z / (2 * total) - half) / (1 + z * z / total) > 0.10


def test_the_true_cause_is_named_where_its_evidence_exists(
    plant: World, session: Session, record_property: Callable[[str, object], None]
) -> None:
    evidence, judged = Evidence(plant), []
    for issue in plant.truth["issues"].itertuples():
        found = trace(session, TraceAsked(issue_code=issue.issue_code))
        judged.append((issue.cause, evidence.exists(issue.cause, issue.work_code), issue.cause in found.causes))
        for each in found.verdict:
            assert (each.status == "found") == bool(each.speaks_for)
    shown = [named for _, exists, named in judged if exists]
    record_property("issues traced whose cause the records show", len(shown))
    assert len(shown) >= 30
    assert sum(shown) >= 0.95 * len(shown), [row for row in judged if row[1] and not row[2]]
