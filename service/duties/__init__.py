"""The responsibility map: who owes what, how often; one obligation a period, met, nothing to report, or missed."""
