from datetime import UTC, datetime, timedelta

import pytest

from service.people.rules import digest, expiry, new_secret


def test_secrets_are_long_and_never_repeat() -> None:
    secrets = {new_secret() for _ in range(100)}
    assert len(secrets) == 100
    assert all(len(secret) > 40 for secret in secrets)


def test_the_digest_tells_nothing_of_the_secret() -> None:
    assert digest("rt_a") != digest("rt_b")
    assert "rt_a" not in digest("rt_a")


@pytest.mark.parametrize(("purpose", "lasts"), [("console", timedelta(hours=12)), ("api", timedelta(days=90))])
def test_tokens_end(purpose: str, lasts: timedelta) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    assert expiry(purpose, at) == at + lasts
