"""One definition, three engines: every block gives the same on DuckDB, PostgreSQL and Spark."""

from collections.abc import Callable, Iterator
from datetime import UTC
from pathlib import Path

import ibis
import numpy as np
import pytest
from pydantic import ValidationError
from sqlalchemy import DateTime, cast, literal, select, union_all
from sqlalchemy.orm import Session

from features import catalog, cohort, matrix
from features.cohort import TARGETS
from service.errors import Unavailable
from service.history import engine, postgres, spark
from service.history.live import Live
from service.history.snapshot import known_keys
from service.history.views import views
from service.settings import Settings, settings
from tests.service.history.conftest import MOMENTS, Site, everyone, same

Reference = Callable[[str], matrix.Matrix]


@pytest.fixture(scope="module")
def on_postgres(small_world: Site) -> Iterator[tuple[Session, postgres.History]]:
    """The event tables as temporary tables of a session, and the history that knows them by name."""
    with Session(small_world.database.app) as session:
        queries = views(known_keys(session), settings().timezone)
        for name, query in queries.items():
            postgres.keep(session.connection(), postgres.named(name), query)
        yield session, postgres.unbound(queries)


@pytest.mark.parametrize("target", TARGETS)
def test_postgresql_agrees(on_postgres: tuple[Session, postgres.History], reference: Reference, target: str) -> None:
    session, history = on_postgres
    dates = ibis.table({"as_of": "timestamp(6)"}, name="moments")
    wanted = matrix.expression(history, cohort.eligible(history, target, dates), target)
    moments = union_all(*(select(cast(literal(moment), DateTime).label("as_of")) for moment in MOMENTS)).subquery()
    rows = session.execute(postgres.statement(wanted, {"moments": select(moments)})).all()
    same(matrix.of(postgres.as_arrow(wanted.schema().to_pyarrow(), rows), target), reference(target))


@pytest.fixture(scope="module")
def on_spark(small_world: Site) -> Iterator[spark.Spark]:
    """The snapshot on this machine's Spark."""
    made = spark.Spark(small_world.snapshot.path, spark.LOCAL)
    yield made
    made.close()


@pytest.mark.parametrize("target", ["risk-work", "risk-unit"])
def test_spark_agrees(on_spark: spark.Spark, reference: Reference, target: str) -> None:
    same(on_spark.of(target, everyone(on_spark.history, target)), reference(target))


def test_spark_agrees_on_what_only_people_have(
    on_spark: spark.Spark, reference: Reference, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the blocks that a list of work has too: to plan a block takes Spark seconds, however few its rows."""
    of_work = {block.build for block in catalog.blocks(on_spark.history, "risk-work")}
    own = tuple(block for block in catalog.blocks(on_spark.history, "need") if block.build not in of_work)
    monkeypatch.setattr(catalog, "blocks", lambda history, target: own)
    found, whole = on_spark.of("need", everyone(on_spark.history, "need")), reference("need")
    names = [feature.name for block in own for feature in block.features]
    assert len(names) > 0
    same(found, matrix.Matrix(whole.keys, whole.X[names], ""))


@pytest.fixture(scope="module")
def live(small_world: Site) -> Iterator[Live]:
    """The database asked about a few."""
    made = Live(small_world.database.app)
    yield made
    made.close()


@pytest.mark.parametrize("target", TARGETS)
def test_what_is_asked_live_is_what_the_night_would_find(live: Live, reference: Reference, target: str) -> None:
    whole = reference(target)
    at = MOMENTS[0]
    rows = np.flatnonzero(whole.keys.as_of == at)
    if target != "need":
        rows = rows[whole.keys.inspection_code.iloc[rows].notna()]
    odd = [row for row in rows if any("O" in str(code)[:1] for code in whole.keys.iloc[row])]
    drawn = np.random.default_rng(7).permutation(rows)
    for chosen in ([odd[0]], drawn[:1], sorted({*odd[:10], *drawn[:15]})):
        keys = whole.keys.iloc[chosen]
        with live.connection.begin():
            if target == "need":
                found = live.pairs(list(keys.employee_code), list(keys.process_code), at.replace(tzinfo=UTC))
            else:
                found = live.orders(target, list(keys.inspection_code), at.replace(tzinfo=UTC))
        same(found, matrix.Matrix(keys, whole.X.iloc[chosen], ""))


def test_the_engine_of_the_night_is_a_setting(small_world: Site, reference: Reference) -> None:
    whole = reference("risk-unit")
    built = engine.over(small_world.snapshot.path).eligible("risk-unit", MOMENTS[0].replace(tzinfo=UTC))
    rows = whole.keys.as_of == MOMENTS[0]
    same(built, matrix.Matrix(whole.keys[rows], whole.X[rows], ""))
    for wrong in ("flink://host:1", "spark://host", "spark"):
        with pytest.raises(ValidationError, match="engine"):
            Settings(engine=wrong)
    assert Settings(engine="spark://one:7077,two:7077").engine == "spark://one:7077,two:7077"


@pytest.mark.parametrize(
    ("lacking", "said"),
    [("find_spec", r"PySpark is not installed.*retrace\[spark\]"), ("shutil.which", "no Java.*JAVA_HOME")],
)
def test_a_cluster_without_what_it_needs_is_one_clear_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, lacking: str, said: str
) -> None:
    monkeypatch.setattr(f"service.history.spark.{lacking}", lambda name: None)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(Unavailable, match=said):
        spark.Spark(tmp_path, spark.LOCAL)


def test_a_master_that_is_not_there_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"spark://127\.0\.0\.1:9, but no master answers there"):
        spark.Spark(tmp_path, "spark://127.0.0.1:9")
