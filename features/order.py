"""What the order itself says: its kind and the season of its due date."""

import ibis
import ibis.expr.types as ir

from features.block import Block, Feature
from features.history import History
from features.measure import real

_TURN = ibis.literal(6.283185307179586, "float64")
_YEAR = ibis.literal(365.25, "float64")


def planned(history: History, cohort: ibis.Table) -> ibis.Table:
    """Kind; day of the year as a point on a circle and weekday (Monday = 0) of the due date, else of `as_of`; UTC."""
    del history  # a block of the cohort's own columns
    day: ir.TimestampValue = ibis.coalesce(cohort.due_at, cohort.as_of)
    angle = real(day.day_of_year()) / _YEAR * _TURN
    return cohort.select(
        "row_code",
        "as_of",
        order_kind=cohort.kind,
        season_sin=angle.sin(),
        season_cos=angle.cos(),
        season_weekday=real(day.day_of_week.index()),
    )


PLANNED = Block(
    "order",
    ("row_code",),
    planned,
    (
        Feature(
            "order_kind",
            "Kind of inspection: {value}.",
            "检验或监督检查类型：{value}。",
            missing=("No inspection is due yet.", "尚无到期的检验或监督检查。"),
            text=True,
        ),
        Feature("season_sin", "The time of year of the due date plays a part.", "计划日期所处的季节有影响。"),
        Feature("season_cos", "The time of year of the due date plays a part.", "计划日期所处的季节有影响。"),
        Feature("season_weekday", "The weekday of the due date plays a part.", "计划日期是星期几有影响。"),
    ),
    ("The due date is not known.", "计划日期未知。"),
)
