"""The moment a question is asked from, as the event tables have times."""

from datetime import UTC, datetime

import ibis
import pyarrow as pa


def utc(moment: datetime) -> datetime:
    """A moment in UTC without a zone."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def one_date(as_of: datetime) -> ibis.Table:
    """A table of a single `as_of`."""
    return ibis.memtable(pa.table({"as_of": pa.array([utc(as_of)], pa.timestamp("us"))}))
