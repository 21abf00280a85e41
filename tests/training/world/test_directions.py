"""Causes are real: each pushes the truth, and the records, the way it should."""

import numpy as np
import pandas as pd

from training.world import World

CAUSES = {
    "training_not_covered", "training_not_completed", "standard_not_synced", "unqualified_on_post",
    "process_not_followed", "inspection_missed", "training_ineffective", "input_batch", "undetermined",
}


def last(table: pd.DataFrame) -> pd.DataFrame:
    return table.drop_duplicates("code", keep="last")


def area_under_curve(score: pd.Series, positive: pd.Series) -> float:
    ranks, positives = score.rank(), int(positive.sum())
    total = ranks[positive].sum() - positives * (positives + 1) / 2
    return float(total / (positives * (len(score) - positives)))


def test_failures_are_neither_rare_nor_common(work: pd.DataFrame) -> None:
    assert 0.04 < work["failed"].mean() < 0.15
    assert abs(work["failed"].mean() - work["chance"].mean()) < 0.01


def test_failing_rises_as_mastery_falls(work: pd.DataFrame) -> None:
    by = work.groupby(pd.qcut(work["mastery"], 4), observed=True)["failed"].mean().to_numpy()
    assert by[0] > 2 * by[-1]
    assert by[0] > by[1] > by[-1]


def test_failing_rises_after_a_run_of_nights(work: pd.DataFrame) -> None:
    assert work[work["nights"] >= 4]["chance"].mean() > 1.15 * work[work["nights"] == 0]["chance"].mean()


def test_bad_inputs_make_failures(work: pd.DataFrame) -> None:
    assert work[work["input_burden"] > 0.7]["failed"].mean() > 1.5 * work[work["input_burden"] == 0]["failed"].mean()


def test_training_raises_mastery(world: World) -> None:
    mastery = world.truth["mastery"]
    assert (mastery["benefit"] >= 0).all()
    assert mastery["benefit"].std() > 0.01
    moved = _moves(world)
    assert moved[moved["trained"]]["step"].mean() > moved[~moved["trained"]]["step"].mean() + 0.05


def test_training_gains_diminish(world: World) -> None:
    mastery = world.truth["mastery"].query("voided == 0")
    low, high = mastery["skill"].quantile([0.2, 0.8])
    assert mastery[mastery["skill"] < low]["benefit"].mean() > mastery[mastery["skill"] > high]["benefit"].mean()


def test_a_new_standard_lowers_mastery(world: World) -> None:
    moved, changes = _moves(world), world.truth["changes"]
    hit = np.zeros(len(moved), bool)
    for change in changes.itertuples():
        inside = (moved["from"] <= change.effective_on) & (change.effective_on < moved["as_of"])
        hit |= (inside & (moved["process_code"] == change.process_code)).to_numpy()
    assert len(changes) >= 3
    untaught = ~moved["trained"]
    assert moved[hit & untaught]["step"].mean() < moved[~hit & untaught]["step"].mean() - 0.03


def test_disuse_lowers_mastery(world: World) -> None:
    moved = _moves(world)
    able = moved[~moved["trained"] & (moved["skill_from"] > 0.35)]
    idle, busy = able[able["pieces"] <= 1], able[able["pieces"] >= 8]
    assert len(idle) > 5
    assert idle["skill_step"].mean() < -0.02
    assert idle["skill_step"].mean() < busy["skill_step"].mean() - 0.01


def test_inspectors_miss_failures_and_differ(world: World) -> None:
    done = world.truth["inspections"].query("performed")
    wrong = done[done["truly_failed"]]["result"] == "pass"
    assert 0.03 < wrong.mean() < 0.5
    assert world.truth["inspectors"]["severity"].std() > 0.3
    assert len(world.truth["missed_failures"]) == wrong.sum()


def test_suspicion_finds_more_than_chance(world: World) -> None:
    work = world.truth["work"].set_index("work_code")["chance"]
    of_work = world.truth["inspections"].query("work_code != ''")
    suspected = of_work[of_work["chosen_by"] == "suspicion"]
    # what a random sample would find is the mean over all work; by its chance, so that few draws do not decide
    assert suspected["work_code"].map(work).mean() > 1.15 * work.mean()
    assert suspected["truly_failed"].mean() > world.truth["work"]["failed"].mean()
    kinds = last(world.tables["inspections"])["kind"]
    assert 0.05 < (kinds == "random").mean() < 0.15


def test_inspection_results_are_hard_but_not_hopeless_to_foresee(world: World) -> None:
    done = world.truth["inspections"].query("performed and work_code != ''")
    chance = done["work_code"].map(world.truth["work"].set_index("work_code")["chance"])
    assert 0.66 < area_under_curve(chance, done["result"] == "fail") < 0.82


def test_unqualified_work_exists_and_fails_more(world: World, work: pd.DataFrame) -> None:
    assert set(world.truth["unqualified_work"]["standing"]) >= {"not_trained", "expired", "superseded_version"}
    assert 0.03 < (~work["qualified"]).mean() < 0.3
    assert work[~work["qualified"]]["failed"].mean() > work[work["qualified"]]["failed"].mean()


def test_every_failure_has_a_cause_and_every_kind_of_cause_occurs(world: World, work: pd.DataFrame) -> None:
    assert set(work[work["failed"]]["cause"]) <= CAUSES
    assert len(set(work[work["failed"]]["cause"])) >= 7
    assert (work[~work["failed"]]["cause"] == "").all()
    assert set(world.truth["issues"]["cause"]) <= CAUSES


def test_difficulties_are_reported_where_work_is_hard(world: World, work: pd.DataFrame) -> None:
    reports = world.tables["difficulty_reports"]
    counted = reports[reports["process_code"] != ""]["process_code"].value_counts()
    rate = work.groupby("process_code")["chance"].mean()
    hard, easy = rate.nlargest(5).index, rate.nsmallest(5).index
    assert counted.reindex(hard, fill_value=0).sum() > counted.reindex(easy, fill_value=0).sum()
    assert (reports["reported_by"] == "").any()
    assert world.truth["difficulty_topics"]["unrelated"].any()


def test_reports_come_in_two_languages(world: World) -> None:
    plain = world.tables["difficulty_reports"]["text"].map(str.isascii)
    assert 0.1 < plain.mean() < 0.6


def test_some_records_are_late_by_days(world: World) -> None:
    work = world.tables["work_records"]
    done = work[(work["finished_at"] != "") & (work["reason"] == "")]
    delay = pd.to_datetime(done["known_at"]) - pd.to_datetime(done["finished_at"])
    assert delay.median() < pd.Timedelta(hours=6)
    assert (delay > pd.Timedelta(days=2)).mean() > 0.005


def test_open_orders_remain_at_the_end(world: World) -> None:
    table = last(world.tables["inspections"])
    table = table[table["result"] == ""]
    ahead = pd.to_datetime(table["due_at"]) - pd.Timestamp(world.spec.until, tz="Asia/Shanghai")
    due = table[(ahead >= pd.Timedelta(0)) & (ahead < pd.Timedelta(days=14))]
    for column in ("work_code", "batch_code", "employee_code", "department_code"):
        assert (due[column] != "").any(), column
    assert (ahead < pd.Timedelta(days=-30)).any()


def test_standards_and_processes_fall_out_of_step(world: World) -> None:
    lags = world.truth["changes"]["process_lag_days"]
    assert ((lags == "") | (lags.replace("", "0").astype(int) > 7)).any()


def _moves(world: World) -> pd.DataFrame:
    """From one month's end to the next, per person and process: the step, whether trained between, pieces done."""
    table = world.truth["mastery"].sort_values(["employee_code", "process_code", "as_of"])
    keys = ["employee_code", "process_code"]
    earlier = table.groupby(keys).shift()
    moved = table.assign(
        step=table["mastery"] - earlier["mastery"], skill_step=table["skill"] - earlier["skill"],
        skill_from=earlier["skill"], **{"from": earlier["as_of"]},
    ).dropna(subset=["step"])
    return moved.assign(trained=_trained(world, moved), pieces=_pieces(world, moved)).reset_index(drop=True)


def _trained(world: World, moved: pd.DataFrame) -> pd.Series:
    records = world.tables["training_records"]
    taught = records[records["completed_at"] != ""]
    covers = world.tables["course_covers"].query("standard_code != ''").set_index("course_code")["process_code"]
    taught = taught.assign(process_code=taught["course_code"].map(covers), on=taught["completed_at"].str[:10])
    return _any_between(moved, taught[["employee_code", "process_code", "on"]]) > 0


def _pieces(world: World, moved: pd.DataFrame) -> pd.Series:
    done = last(world.tables["work_records"])
    rows = done.assign(on=done["started_at"].str[:10])[["employee_code", "process_code", "on"]]
    return _any_between(moved, rows)


def _any_between(moved: pd.DataFrame, events: pd.DataFrame) -> pd.Series:
    pairs = moved.reset_index().merge(events, on=["employee_code", "process_code"])
    inside = pairs[(pairs["on"] >= pairs["from"]) & (pairs["on"] < pairs["as_of"])]
    return inside.groupby("index").size().reindex(moved.index, fill_value=0)
