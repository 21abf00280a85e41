"""A session as a calendar file (iCalendar, RFC 5545)."""

from datetime import UTC
from urllib.parse import urlsplit

from icalendar import Calendar, Event

from service.settings import settings
from service.training_sessions.tables import TrainingSession


def entry(of: TrainingSession, title: str, *, off: bool = False) -> str:
    """The calendar file of a session: the same entry in every version of it. `off`: it is not, or no longer, theirs."""
    off = off or of.state == "cancelled"
    event = Event()
    event.add("uid", f"{of.code}@{urlsplit(settings().base_url).hostname}")
    event.add("sequence", of.revision)
    event.add("dtstamp", of.updated_at.astimezone(UTC))
    event.add("dtstart", of.starts_at.astimezone(UTC))
    event.add("dtend", of.ends_at.astimezone(UTC))
    event.add("summary", title)
    event.add("location", of.place)
    event.add("status", "CANCELLED" if off else "CONFIRMED")
    made = Calendar()
    made.add("prodid", "-//Retrace//EN")
    made.add("version", "2.0")
    made.add("method", "CANCEL" if off else "PUBLISH")
    made.add_component(event)
    written: bytes = made.to_ical()
    return written.decode()
