"""The learning curve by itself: each law, apart from the rest of the world."""

import numpy as np
import pytest

from training.world.mastery import FLOOR, Mastery

ONE = np.array([0])


@pytest.fixture
def learner() -> Mastery:
    return Mastery(
        skill=np.array([[0.5]]), gap=np.zeros((1, 1)), exposure=np.zeros((1, 1)), gain=np.array([0.4]),
        half_life=np.array([100.0]), ceiling=np.array([0.8]), teachable=np.array([1.0]),
    )


def test_half_of_what_is_above_the_floor_is_gone_after_a_half_life(learner: Mastery) -> None:
    for _ in range(100):
        learner.forget()
    assert learner.skill[0, 0] == pytest.approx(FLOOR + (0.5 - FLOOR) / 2)


def test_training_raises_skill_with_diminishing_steps(learner: Mastery) -> None:
    steps = []
    for _ in range(3):
        before = learner.skill[0, 0]
        learner.teach(ONE, ONE, np.array([1.0]), np.array([True]))
        steps.append(learner.skill[0, 0] - before)
    assert steps[0] > steps[1] > steps[2] > 0


def test_practice_raises_skill_slowly_and_never_past_the_ceiling(learner: Mastery) -> None:
    learner.practise(ONE, ONE)
    assert 0.5 < learner.skill[0, 0] < 0.51
    for _ in range(2000):
        learner.practise(ONE, ONE)
    assert learner.skill[0, 0] <= 0.8


def test_a_new_version_voids_part_until_it_is_taught(learner: Mastery) -> None:
    learner.void(0, 0.4, np.array([False]))
    assert learner.effective()[0, 0] == pytest.approx(0.3)
    learner.teach(ONE, ONE, np.array([1.0]), np.array([False]))
    assert learner.gap[0, 0] == pytest.approx(0.4)
    learner.teach(ONE, ONE, np.array([1.0]), np.array([True]))
    assert learner.gap[0, 0] < 0.1


def test_the_prepared_lose_little(learner: Mastery) -> None:
    learner.void(0, 0.4, np.array([True]))
    assert learner.effective()[0, 0] > 0.45
