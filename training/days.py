"""Moments of a history as people at the site name them."""

from datetime import UTC, datetime

from service.settings import settings


def day(moment: datetime) -> str:
    """The day, by the site's own clock, of a moment in UTC without a zone."""
    return f"{moment.replace(tzinfo=UTC).astimezone(settings().zone):%Y-%m-%d}"
