"""Where a person belongs at a moment: home department, post, and the area above the department."""

import ibis

from features.asof import moments
from features.history import History

_PERSON = ("employee_code",)


def placed(history: History, people: ibis.Table) -> ibis.Table:
    """employee_code, as_of -> home_code, post_code, area_code, top_code; people with no assignment then are left out.

    Of several assignments the one begun last counts. `area_code` is the department's parent; `top_code` the area, or
    the department itself where it has none.
    """
    pairs, assignments = moments(people, _PERSON), history["assignments"]
    in_force = (assignments.from_at <= pairs.as_of) & (assignments.to_at.isnull() | (assignments.to_at > pairs.as_of))
    joined = pairs.inner_join(assignments, [pairs.employee_code == assignments.employee_code, in_force])
    joined = joined.select(pairs, assignments.from_at, assignments.post_code, home_code=assignments.department_code)
    order = [ibis.desc("from_at"), "home_code", "post_code"]
    position = ibis.row_number().over(ibis.window(group_by=[*_PERSON, "as_of"], order_by=order))
    ranked = joined.mutate(position=position)
    last = ranked.filter(ranked.position == 0).drop("position", "from_at")
    departments = history["departments"].select(home_code="department_code", area_code="parent_code")
    above = last.left_join(departments, "home_code", rname="{name}__1").drop("home_code__1")
    return above.mutate(top_code=ibis.coalesce(above.area_code, above.home_code))


def of_same_areas(history: History, people: ibis.Table) -> ibis.Table:
    """employee_code of everyone who ever belonged to one of the widest areas that these `placed` people belong to."""
    departments = history["departments"].select("department_code", "parent_code")
    ever = history["assignments"].left_join(departments, "department_code", rname="{name}__of")
    ever = ever.mutate(top_code=ibis.coalesce(ever.parent_code, ever.department_code))
    ever = ever.select("employee_code", "top_code").distinct()
    return ever.semi_join(people, "top_code").select("employee_code").distinct()


def placed_events(history: History, events: ibis.Table) -> ibis.Table:
    """The events of people who had an assignment when they happened, with where each belonged then."""
    then = placed(history, events.select("employee_code", as_of="occurred_at"))
    then = then.rename(occurred_at="as_of")
    return events.inner_join(then, ["employee_code", "occurred_at"], rname="{name}__then").select(
        events, then.home_code, then.post_code, then.area_code, then.top_code
    )
