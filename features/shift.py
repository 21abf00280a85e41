"""Under what hours a person works: length, nights, rest, and how steadily."""

import ibis
import ibis.expr.types as ir

from features.asof import known_before
from features.block import Block, Feature
from features.history import History
from features.measure import count, days, once, real, share, total, with_all, within

_PERSON = ("employee_code",)
_ZERO = ibis.literal(0.0, "float64")
_HOURS_PER_DAY = ibis.literal(24.0, "float64")
_WEEK, _ONE = ibis.literal(7.0, "float64"), ibis.literal(1.0, "float64")
_SECONDS_PER_DAY = 86_400
#: a quarter of a year tells what is usual of a person
SPAN = 91
LONGEST_ROW = 14
_SECONDS_PER_HOUR = ibis.literal(3600.0, "float64")


def _shifts(history: History, cohort: ibis.Table) -> ibis.Table:
    """The shifts known of each person, from `SPAN` days back on."""
    known = known_before(history["shifts"], cohort, _PERSON)
    known = known.filter(known.occurred_at >= known.as_of - ibis.interval(days=SPAN))
    return once(known.select(*_PERSON, "as_of", "occurred_at", "ends_at", "night", "known_at"), "shifts_of_people")


def _seconds(shifts: ibis.Table) -> ir.IntegerValue:
    ends, starts = (moment.truncate("s").epoch_seconds() for moment in (shifts.ends_at, shifts.occurred_at))
    return (ends - starts).cast("int64")


def hours(history: History, cohort: ibis.Table) -> ibis.Table:
    """Shift hours of a person in the last 7 days (by the shift's start) and the night share of the last 28."""
    known = _shifts(history, cohort)
    month = within(known, 28)
    totals = known.group_by(*_PERSON, "as_of").aggregate(
        worked=total(_seconds(known), where=within(known, 7)),
        shifts=count(known, month),
        nights=count(known, month & (known.night == 1)),
    )
    t = with_all(cohort, _PERSON, totals)
    return t.select(
        *_PERSON,
        "as_of",
        # No shift known means that the site keeps none, not that nobody worked.
        shift_hours_7=ibis.ifelse(t.shifts.isnull(), t.shifts, t.worked.fill_null(_ZERO) / _SECONDS_PER_HOUR),
        shift_night_share_28=share(t.nights, t.shifts),
    )


def load(history: History, cohort: ibis.Table) -> ibis.Table:
    """The shift under way or just past, the rest before it, and the shifts and nights of six days."""
    known = _shifts(history, cohort)
    known = known.filter(known.occurred_at <= known.as_of)
    week = within(known, 6)
    counts = known.group_by(*_PERSON, "as_of").aggregate(
        load_shifts_6=count(known, week), load_nights_6=count(known, week & (known.night == 1))
    )
    order = [ibis.desc("occurred_at"), ibis.desc("ends_at"), ibis.desc("known_at")]
    position = ibis.row_number().over(ibis.window(group_by=[*_PERSON, "as_of"], order_by=order))
    ranked = known.mutate(position=position)
    last = ranked.filter(ranked.position == 0)
    last = last.select(
        *_PERSON, "as_of", began="occurred_at", load_night=real(last.night),
        load_hours=days(last.as_of, last.occurred_at) * _HOURS_PER_DAY,
    )  # fmt: skip
    before = ranked.filter(ranked.position == 1).select(*_PERSON, "as_of", ended="ends_at")
    t = with_all(cohort, _PERSON, counts, last, before)
    return t.select(
        *_PERSON, "as_of", "load_shifts_6", "load_nights_6", "load_night", "load_hours",
        load_rest_hours=days(t.began, t.ended) * _HOURS_PER_DAY,
    )  # fmt: skip


def strain(history: History, cohort: ibis.Table) -> ibis.Table:
    """Days worked in a row, turns between day and night within a week, and the week's hours against one's own mean."""
    known = _shifts(history, cohort)
    past = known.filter(known.occurred_at <= known.as_of)
    spent = _seconds(past)
    sums = past.group_by(*_PERSON, "as_of").aggregate(
        week=total(spent, where=within(past, 7)),
        all_weeks=total(spent),
        weeks=ibis.greatest(days(past.as_of, past.occurred_at).max() / _WEEK, _ONE),
    )
    t = with_all(cohort, _PERSON, sums, _days_in_a_row(past), _turns(past))
    return t.select(
        *_PERSON,
        "as_of",
        "load_days_in_a_row",
        "load_turns_7",
        load_hours_against_own=share(t.week.fill_null(_ZERO), t.all_weeks / t.weeks),
    )


def _days_in_a_row(past: ibis.Table) -> ibis.Table:
    """Days (of UTC) with a shift's start without a day off between, up to today or yesterday; at most `LONGEST_ROW`."""
    recent = past.filter(past.occurred_at >= past.as_of - ibis.interval(days=LONGEST_ROW))
    worked = recent.select(*_PERSON, "as_of", day=_day(recent.occurred_at), today=_day(recent.as_of)).distinct()
    same = ibis.window(group_by=[*_PERSON, "as_of"], order_by=[ibis.desc("day")])
    ranked = worked.mutate(
        position=ibis.row_number().over(same), newest=worked.day.max().over(ibis.window(group_by=[*_PERSON, "as_of"]))
    )
    unbroken = (ranked.newest - ranked.day == ranked.position) & (ranked.newest >= ranked.today - 1)
    return ranked.group_by(*_PERSON, "as_of").aggregate(load_days_in_a_row=count(ranked, unbroken))


def _turns(past: ibis.Table) -> ibis.Table:
    week = past.filter(within(past, 7))
    order = ibis.window(group_by=[*_PERSON, "as_of"], order_by=["occurred_at", "ends_at", "known_at"])
    turned = week.mutate(before=week.night.lag().over(order))
    return turned.group_by(*_PERSON, "as_of").aggregate(load_turns_7=count(turned, turned.night != turned.before))


def _day(moment: ir.TimestampValue) -> ir.IntegerValue:
    return (moment.truncate("D").epoch_seconds() / _SECONDS_PER_DAY).floor().cast("int64")


HOURS = Block(
    "shifts",
    _PERSON,
    hours,
    (
        Feature("shift_hours_7", "Shift hours in the last 7 days: {value:.0f}.", "过去7天班次工时：{value:.0f}小时。"),
        Feature(
            "shift_night_share_28",
            "{value:.0%} of the last 28 days' shifts were at night.",
            "过去28天的班次有{value:.0%}为夜班。",
        ),
    ),
    ("No recent shifts of this person are known.", "近期没有该人员的班次记录。"),
)

LOAD = Block(
    "load of the shift",
    _PERSON,
    load,
    (
        Feature("load_shifts_6", "Shifts in the six days before: {value:.0f}.", "此前六天的班次：{value:.0f}个。"),
        Feature(
            "load_nights_6", "Night shifts in the six days before: {value:.0f}.", "此前六天的夜班：{value:.0f}个。"
        ),
        Feature(
            "load_night",
            "On a night shift: {value:.0f} (1 = yes).",
            "当时为夜班：{value:.0f}（1表示是）。",
            cases={
                0.0: ("It was not a night shift.", "当时不是夜班。"),
                1.0: ("It was a night shift.", "当时是夜班。"),
            },
        ),
        Feature("load_hours", "Hours since the shift began: {value:.1f}.", "班次开始后已过{value:.1f}小时。"),
        Feature("load_rest_hours", "Hours of rest before the shift: {value:.0f}.", "班次前休息{value:.0f}小时。"),
    ),
    ("No recent shifts of this person are known.", "近期没有该人员的班次记录。"),
)

STRAIN = Block(
    "strain of the shifts",
    _PERSON,
    strain,
    (
        Feature("load_days_in_a_row", "Days worked in a row: {value:.0f}.", "已连续出勤{value:.0f}天。"),
        Feature(
            "load_turns_7",
            "Turns between day and night shifts in the last 7 days: {value:.0f}.",
            "过去7天白班与夜班转换{value:.0f}次。",
        ),
        Feature(
            "load_hours_against_own",
            "The last week's shift hours are {value:.0%} of this person's own mean.",
            "最近一周的班次工时为该人员平时平均的{value:.0%}。",
        ),
    ),
    ("No recent shifts of this person are known.", "近期没有该人员的班次记录。"),
)
