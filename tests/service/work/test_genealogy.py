"""What went into a batch and what it went into, over any depth; and no batch in its own ancestry."""

import pytest

from service.errors import Invalid
from tests.service.conftest import Put, day


@pytest.fixture
def batches(record: Put) -> Put:
    """Six batches, made of nothing yet."""
    record("batches", *({"code": code, "started_at": day(1)} for code in "ABCDEF"))
    return record


def test_a_batch_is_no_input_of_itself(batches: Put) -> None:
    with pytest.raises(Invalid) as refused:
        batches("batch_inputs", {"batch_code": "A", "input_code": "A"})
    print(refused.value)


def test_a_circle(batches: Put) -> None:
    batches("batch_inputs", {"batch_code": "A", "input_code": "B"}, {"batch_code": "B", "input_code": "C"})
    with pytest.raises(Invalid) as refused:
        batches("batch_inputs", {"batch_code": "C", "input_code": "A"})
    print(refused.value)
