"""What a list may say of a chance."""

import pytest

from service.suggestions.rules import too_little_data


@pytest.mark.parametrize(
    ("probability", "low", "high", "usual", "little"),
    [
        (0.12, 0.08, 0.17, 0.07, False),  # above the usual, however far
        (0.12, 0.08, 0.17, 0.10, False),  # about the usual, and not twice it
        (0.12, 0.02, 0.30, 0.07, True),  # rarer than usual, or four times as likely
        (0.24, 0.10, 0.74, 0.07, False),  # wide, but surely more likely than usual
        (0.01, 0.00, 0.03, 0.07, False),  # surely rarer than usual
        (0.00, 0.00, 1.00, 0.07, True),
        (0.12, None, None, 0.07, True),  # too few alike for a band
        (0.50, 0.30, 0.60, 0.50, False),  # twice the odds of one in two are two in three
        (0.50, 0.30, 0.70, 0.50, True),
        (0.90, 0.10, 1.00, 0.50, True),
        (None, None, None, 0.07, False),  # by today's rule
        (0.12, None, None, None, False),  # from before bands were kept
    ],
)
def test_a_band_that_holds_every_answer_tells_nothing(
    probability: float | None, low: float | None, high: float | None, usual: float | None, little: bool
) -> None:
    assert too_little_data(probability, low, high, usual) is little
