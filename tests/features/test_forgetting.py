"""Forgetting, passes in a row, and standards that moved on without their process."""

import math

import pytest

from features import follow, forgetting, streak

ROW = {"employee_code": "e", "process_code": "p", "as_of": 400}


def _trained(result, at):
    return {"record_code": f"t{at}", "employee_code": "e", "process_code": "p", "course_code": "c", "result": result,
            "occurred_at": at}  # fmt: skip


def _worked(at):
    return {"work_code": f"w{at}", "employee_code": "e", "process_code": "p", "occurred_at": at}


def _seen(failed, at, **fields):
    return {"inspection_code": f"i{at}", "employee_code": "e", "process_code": "p", "failed": failed,
            "occurred_at": at, **fields}  # fmt: skip


def test_recall_halves_in_every_half_life(ask):
    def recall(*retraining, as_of=400, **tables):
        return ask(forgetting.RECALL, {**ROW, "as_of": as_of}, retraining=retraining, **tables)["recall_of_training"]

    half_life = 60 * 2 ** (math.sqrt(2) - 1)
    assert recall(_trained("passed", 340)) == pytest.approx(2 ** (-60 / half_life))
    assert recall(_trained("passed", 400 - half_life)) == pytest.approx(0.5, abs=1e-6)
    # the more went well the slower, the more went wrong the faster
    assert recall(_trained("passed", 100), _trained("passed", 340)) > recall(_trained("passed", 340))
    assert recall(_trained("failed", 330), _trained("passed", 340)) < recall(_trained("passed", 340))
    good, bad = ([_seen(failed, 350)] for failed in (0, 1))
    assert recall(_trained("passed", 340), inspections=good) > recall(_trained("passed", 340), inspections=bad)
    assert recall(_trained("passed", 399.5)) > 0.99
    assert recall(_trained("absent", 340)) is None


def test_work_keeps_a_skill_alive(ask):
    def recall(*work):
        tables = {"retraining": [_trained("passed", 100)], "work": work}
        return ask(forgetting.RECALL, ROW, **tables)["recall_with_practice"]

    assert recall() == ask(forgetting.RECALL, ROW, retraining=[_trained("passed", 100)])["recall_of_training"]
    assert recall() < recall(_worked(300)) < recall(_worked(390)) < recall(*(_worked(390 - n) for n in range(30)))
    assert ask(forgetting.RECALL, ROW) == {"recall_of_training": None, "recall_with_practice": None}


def test_no_record_however_bad_forgets_in_less_than_a_week(ask):
    failures = [_seen(1, 300 + n) for n in range(60)]
    found = ask(forgetting.RECALL, ROW, retraining=[_trained("passed", 393)], inspections=failures)
    assert found["recall_of_training"] == pytest.approx(0.5)


def test_passes_in_a_row(ask):
    inspections = [_seen(0, 100), _seen(1, 200), _seen(0, 300), _seen(0, 350), _seen(0, 390, process_code="q")]
    assert ask(streak.PAIR, ROW, inspections=inspections) == {"pair_passes_in_a_row": 2, "pair_days_since_pass": 50}
    assert ask(streak.PERSON, ROW, inspections=inspections) == {
        "person_passes_in_a_row": 3, "person_days_since_pass": 10,
    }  # fmt: skip
    assert ask(streak.PAIR, {**ROW, "as_of": 250}, inspections=inspections) == {
        "pair_passes_in_a_row": 0, "pair_days_since_pass": 150,
    }  # fmt: skip
    # of two on one day the failure stands for the day
    same_day = [_seen(0, 300), {**_seen(1, 300), "inspection_code": "other"}]
    assert ask(streak.PAIR, ROW, inspections=same_day)["pair_passes_in_a_row"] == 0
    assert ask(streak.PAIR, ROW) == {"pair_passes_in_a_row": 0, "pair_days_since_pass": None}


def test_a_standard_moves_on_and_the_process_follows_late(ask):
    def standard(version, at, code="s"):
        return {"process_code": "p", "standard_code": code, "version": version, "occurred_at": at, "known_at": 0}

    def process(version, at):
        return {"process_code": "p", "version": version, "occurred_at": at, "known_at": 0}

    def names(process_version, standard_version, at, code="s"):
        return {"process_code": "p", "version": process_version, "standard_code": code,
                "standard_version": standard_version, "occurred_at": at, "known_at": 0}  # fmt: skip

    tables = {
        "standard_changes": [standard("1", 0), standard("2", 100), standard("3", 200), standard("1", 0, "other")],
        "process_changes": [process("A", 1), process("B", 150), process("C", 300)],
        "process_standards": [
            names("A", "1", 1), names("B", "1", 150), names("C", "3", 300), names("A", "1", 1, "other"),
        ],
    }  # fmt: skip

    def behind(as_of):
        return tuple(ask(follow.STANDARDS, {**ROW, "as_of": as_of}, **tables).values())

    assert behind(90) == (0, None)
    assert behind(110) == (1, 10)
    # a new process version that still names the old one, and a second standard version, leave the first day what it is
    assert behind(250) == (1, 150)
    assert behind(310) == (0, None)
    assert behind(0.5) == (None, None)
