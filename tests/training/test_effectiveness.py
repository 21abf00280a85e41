"""Did training work: the trained before and after, beside peers over the same days."""

from datetime import datetime, timedelta

import numpy as np
import pytest

from training.effectiveness import FEWEST_PEOPLE, effects, trainings

TRAINED = datetime(2026, 1, 1)  # noqa: DTZ001 - UTC without a zone
AT = datetime(2026, 6, 1)  # noqa: DTZ001


@pytest.fixture
def effect(history_of, inspected):
    """The effect among `people` trained and as many peers, from failure rates before and after."""

    def measured(people, own, peers, known_at=TRAINED):
        rng = np.random.default_rng(3)
        rows, records = [], []
        for person in range(2 * people):
            rates = own if person < people else peers
            for number in range(24):
                days = float(rng.uniform(-85, 85))
                who = {"employee_code": f"E{person}", "process_code": "P1"}
                failed = int(rng.random() < rates[int(days > 0)])
                rows.append(inspected(f"I{person}-{number}", TRAINED + timedelta(days=days), failed, **who))
            if person < people:
                record = {"record_code": f"T{person}", "course_code": "C", "result": "passed"}
                records.append({**record, **who, "occurred_at": TRAINED, "known_at": known_at})
        return effects(trainings(history_of({"inspections": rows, "retraining": records}), AT))[0]

    return measured


def test_fewer_failures_than_the_peers_change_explains_is_an_effect(effect):
    found = effect(60, (0.4, 0.1), (0.4, 0.4))
    assert found.high < 0
    assert found.difference == pytest.approx(-0.3, abs=0.1)
    assert "fewer failures after training" in found.says
    assert (found.trainings, found.people) == (60, 60)


def test_what_changed_for_everybody_is_no_effect(effect):
    found = effect(60, (0.4, 0.1), (0.4, 0.1))
    assert found.low < 0 < found.high
    assert "no change that chance could not explain" in found.says


def test_training_that_harms_is_said_to(effect):
    assert "more failures after training" in effect(60, (0.1, 0.5), (0.1, 0.1)).says


def test_few_people_and_nobody_are_too_little_data(effect):
    assert f"too little data (5 people, and it takes {FEWEST_PEOPLE})" in effect(5, (0.4, 0.1), (0.4, 0.4)).says
    assert "too little data (0 people" in effect(30, (0.4, 0.1), (0.4, 0.4), known_at=AT).says
