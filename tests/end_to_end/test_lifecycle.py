"""A home with a small site in which models have served for some weeks: its notebooks run, its monitor tells."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import jupytext
import pytest
from nbclient import NotebookClient
from sqlalchemy import Engine, create_engine, func, select
from sqlalchemy.orm import Session

from features import catalog
from models.blend import BlendRanker
from models.registry import Registry
from models.trees import Growth
from service.app import connect
from service.clock import now
from service.db.postgres import ensure_running
from service.exchange.importing import import_folder
from service.history.snapshot import load, snapshot
from service.migrations import upgrade
from service.scoring.renewing import RESTS, renew
from service.scoring.score import score
from service.suggestions import refits
from service.suggestions.actions import latest_scoring
from service.suggestions.stopping import switch
from service.suggestions.tables import Refit, Shadow, ShadowScore, Suggestion
from tests.service.database import OPTIONS
from training import candidates
from training.fit import fit
from training.monitor import watch
from training.publish import publish
from training.runs import describe
from training.world import WorldSpec, simulate, write

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.py"))

END = datetime(2026, 9, 1, tzinfo=UTC)
WORLD = WorldSpec(staff=40, months=7, seed=3, until=date(2026, 9, 1))


@dataclass(frozen=True)
class Site:
    """A home and its database."""

    home: Path
    engine: Engine


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """A site with a champion and a challenger of `need`, and lists that both scored."""
    folder = Path(tempfile.mkdtemp(prefix="retrace-notebooks-"))
    folder.chmod(0o711)  # as root, the server runs as another user
    server = ensure_running(folder / "home")
    owner, app = (
        create_engine(url, connect_args={"options": OPTIONS}) for url in (server.owner_url, server.app_url)
    )
    upgrade(owner)
    connect()
    _live_there(app, folder)
    yield Site(folder / "home", app)
    app.dispose()
    owner.dispose()
    shutil.rmtree(folder, ignore_errors=True)


def _live_there(engine: Engine, folder: Path) -> None:
    write(simulate(WORLD), folder / "site")
    with Session(engine) as session, session.begin():
        import_folder(session, folder / "site", progress=lambda _: None)
    home = folder / "home"
    records, models = load(snapshot(engine, home).path), Registry(home)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(candidates, "model", lambda target, names: BlendRanker(tuple(names), Growth(40, (1,))))
        for days in (110, 100):
            cut = (END - timedelta(days=days)).replace(tzinfo=None)
            fitted = fit(records, "need", cut, timedelta(days=30))
            describe(models, publish(models, fitted, may_serve=False).version, fitted, records.content)
    models.promote("need", 1)
    models.challenge("need", 2)
    for days in (90, 60, 32):
        score(engine, home, ["need"], END - timedelta(days=days))


def _run(notebook: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """What a notebook printed and showed as text; raises what a cell raised."""
    monkeypatch.setenv("RETRACE_HOME", str(home))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    book = jupytext.read(notebook)
    NotebookClient(book, timeout=120, kernel_name="python3", resources={"metadata": {"path": home}}).execute()
    said = [output for cell in book.cells for output in cell.get("outputs", [])]
    return "\n".join(output.get("text", "") or output.get("data", {}).get("text/plain", "") for output in said)


SAYS = {
    "explore_the_history": ["inspections", "failure_rate", "fingerprint", "share missing"],
    "why_this_person": ["need v1, as of 2026-07-31: rank ", "in words"],
    "champion_against_challenger": ["need v2 in shadow", "within-inspector AUC"],
    "did_training_work": ["all processes: ", "too little data"],
}


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs_and_says_what_it_is_for(notebook: Path, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    said = _run(notebook, site.home, monkeypatch)
    for expected in SAYS[notebook.stem]:
        assert expected in said, said


def test_no_outputs_are_committed() -> None:
    assert {path.stem for path in NOTEBOOKS} == set(SAYS)
    assert not list((ROOT / "notebooks").glob("*.ipynb"))


def test_the_monitor_tells_what_came_of_the_lists_and_promotes_nothing(site: Site) -> None:
    records = load(snapshot(site.engine, site.home).path)
    report = json.loads(json.dumps(watch(records, Registry(site.home), site.engine, "need").to_json()))
    found = {finding["about"]: finding for finding in report["findings"]}
    assert report["model"] == "need v1"
    assert found["challenger"]["figures"]["outcomes"] == found["calibration"]["figures"]["outcomes"] > 0
    assert "does the worker run?" in found["data age"]["sentence"]
    assert report["shifts"]
    with Session(site.engine) as session:
        asked = session.scalar(select(func.max(Refit.why)).where(Refit.target == "need", Refit.outcome.is_(None)))
    assert asked == report["asked"]
    assert Registry(site.home).champion_version("need") == 1
    kept = {path.name for path in (site.home / "mlflow" / "artifacts").rglob("*") if path.is_file()}
    assert kept >= {"card.json", "drift.png", "gain.png", "calibration.png", "report.json"}


def test_a_run_says_where_it_came_from(site: Site) -> None:
    client = Registry(site.home)._door.client
    run = client.get_run(client.get_model_version("retrace-need", "1").run_id)
    snapshots = {path.name for path in (site.home / "snapshots").iterdir() if path.is_dir()}
    assert run.data.tags["retrace.snapshot"] in snapshots
    assert run.data.tags["retrace.catalog"] == catalog.VERSION
    assert run.data.tags["retrace.code"]
    assert run.data.params["target"] == "need"


def test_a_challenger_s_scores_stand_beside_the_list_s_and_no_route_shows_them(site: Site) -> None:
    with Session(site.engine) as session:
        counted = select(Shadow.model, func.count(ShadowScore.id)).join(ShadowScore).group_by(Shadow.model)
        told = dict(session.execute(counted).all())
        listed = session.scalar(select(func.count()).select_from(Suggestion).where(Suggestion.score.is_not(None)))
    assert told == {"need v2": listed}


def test_what_nobody_fitted_lately_is_asked_for_by_the_calendar_once(site: Site) -> None:
    month, last_look = timedelta(days=30), now() + 2 * RESTS
    with Session(site.engine) as session:
        refits.end(session, "need", "failed", "whatever was asked for before")
        assert renew(session, site.home, timedelta(), last_look) == []
        assert renew(session, site.home, timedelta(days=36500), last_look) == []
        # a target that was never fitted is left to people
        assert renew(session, site.home, month, last_look) == ["need"]
        assert renew(session, site.home, month, last_look) == []
        session.rollback()


def test_stopped_the_next_list_is_made_by_the_rule_and_the_challenger_goes_on(site: Site) -> None:
    with Session(site.engine) as session, session.begin():
        switch(session, None, stop=True, reason="a rehearsal")
    score(site.engine, site.home, ["need"], END)
    with Session(site.engine) as session, session.begin():
        last = latest_scoring(session, "need")
        assert last is not None
        assert (last.model, last.fallback) == ("baseline: oldest training first", "all models are stopped: a rehearsal")
        assert session.scalar(select(Shadow.problem).where(Shadow.scoring_id == last.id)) is None
        switch(session, None, stop=False, reason="over")


def test_a_fit_that_was_asked_for_is_run_by_the_worker_and_only_challenges(site: Site) -> None:
    registry = Registry(site.home)
    with Session(site.engine) as session, session.begin():
        refits.end(session, "need", "failed", "whatever was asked for before")
        assert refits.ask(session, "need", "a rehearsal")
    command = [sys.executable, "-c", "from service.cli import main; main()", "worker"]
    worker = subprocess.Popen(command, env=os.environ | {"RETRACE_HOME": str(site.home)}, stderr=subprocess.DEVNULL)
    try:
        ended = _ended(site)
    finally:
        worker.terminate()
        worker.wait(timeout=60)
    assert (ended.outcome, ended.why) == ("registered", "a rehearsal"), ended.message
    newest = registry.versions("need")[0]
    assert newest.aliases == ("challenger",)
    assert f"version {newest.version}" in (ended.message or "")
    assert registry.champion_version("need") == 1
    registry.challenge("need", 2)


def _ended(site: Site) -> Refit:
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        with Session(site.engine) as session:
            last = refits.last(session, "need")
        if last is not None and last.outcome is not None:
            return last
        time.sleep(0.5)
    raise AssertionError("waited in vain for the fit")
