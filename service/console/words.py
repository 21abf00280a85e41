"""The console's words for what the domains name in code, and for what goes wrong. `N_` marks what is translated."""

from pydantic import ValidationError

from service.console.language import Language
from service.errors import Invalid, RetraceError


def N_(message: str) -> str:  # noqa: N802
    """Mark a message for the catalogs; it is translated where it is shown."""
    return message


#: the note shown after a redirect is kept in this cookie
NOTE_COOKIE = "retrace_note"

#: what a note may say; its template holds the sentences
NOTES = frozenset({
    "password", "accepted", "dismissed", "recorded_pass", "recorded_fail", "decided", "started", "started_emergency",
    "reviewed", "read", "nothing", "set_up", "change_step", "plan_step", "feedback", "feedback_step",
    "reported", "linked", "answered", "claimed", "session_planned", "session_kept",
    "report_kept", "report_closed",
})

LIGHTS = {"red": N_("High"), "amber": N_("Medium"), "green": N_("Low"), "grey": N_("Not scored")}

GAPS = {
    "not_trained": N_("has not taken the required course"),
    "superseded_version": N_("was trained on a version of the standard that is no longer in force"),
    "expired": N_("was trained too long ago: the training has expired"),
    "failed": N_("did not pass the last training"),
}

KINDS = {
    "routine": N_("Routine inspection"), "incoming": N_("Incoming inspection"),
    "first_article": N_("First-article inspection"), "in_process": N_("In-process inspection"),
    "final": N_("Final inspection"), "patrol": N_("Patrol inspection"), "record_review": N_("Record review"),
    "audit": N_("Audit"), "effectiveness": N_("Effectiveness check"), "random": N_("Random inspection"),
}

#: from the least to the worst; the sector says what they are called
SEVERITIES = ("minor", "major", "critical")

TARGETS = {
    "need": N_("Training priority"), "risk-work": N_("Risk of work and batches"), "risk-unit": N_("Risk of units"),
}

#: roles that are no function of the sector's
ROLES = {"data": N_("Data"), "employee": N_("Employee"), "admin": N_("Administrator")}

OUTCOMES = {
    "qualified": N_("Qualified"), "supervised": N_("Supervised"), "no_requirement_defined": N_("Nothing required"),
    "suspended": N_("Suspended"), "not_trained": N_("Not trained"), "failed": N_("Training failed"),
    "expired": N_("Expired"), "superseded_version": N_("Older version"),
}

#: how a quality report stands, and a value beside its target
REPORT_STATES = {"open": N_("Being worked on"), "closed": N_("Closed")}
TARGETS_MET = {"green": N_("Target met"), "red": N_("Target missed")}

#: what becomes of what is owed
OWED = {
    "open": N_("Owed"), "met": N_("Met"), "nothing_to_report": N_("Nothing to report"), "missed": N_("Missed"),
}

#: how often, as people say it
CADENCES = {
    "FREQ=DAILY": N_("Every day"), "FREQ=WEEKLY;BYDAY=MO": N_("Every week, from Monday"),
    "FREQ=MONTHLY;BYMONTHDAY=1": N_("Every month, from the 1st"),
    "FREQ=MONTHLY;BYDAY=1MO": N_("Every month, from the first Monday"),
    "FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=1": N_("Every quarter"),
    "FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=1": N_("Every year"),
}

MODES = {"off": N_("gate off"), "warn": N_("gate warns"), "block": N_("gate blocks")}

CAUSES = {
    "training_not_covered": N_("Training did not cover it"), "training_not_completed": N_("Training not completed"),
    "standard_not_synced": N_("The new standard was not followed"),
    "unqualified_on_post": N_("Unqualified person on the post"),
    "process_not_followed": N_("Process not followed"), "inspection_missed": N_("Inspection missed"),
    "training_ineffective": N_("Training does not help: change the process"),
    "input_batch": N_("Bad input batch"), "undetermined": N_("Undetermined"),
}

CHANGE_STATES = {
    "proposed": N_("Proposed"), "in_review": N_("In review"), "changes_requested": N_("Changes requested"),
    "approved": N_("Approved"), "training": N_("In training"),
}

CHANGE_STEPS = {
    "submit": N_("Submit for review"), "approve": N_("Approve"), "request_changes": N_("Request changes"),
    "reject": N_("Reject"), "force": N_("Put in force now"), "withdraw": N_("Withdraw"),
}

PLAN_KINDS = {"retraining": N_("Retraining"), "new_hire": N_("New hires"), "gap": N_("New place"),
              "answer": N_("Answer to reports")}

PLAN_STATES = {
    "draft": N_("Draft"), "accepted": N_("Accepted"), "published": N_("Published"), "rejected": N_("Rejected"),
    "closed": N_("Closed"),
}

SESSION_STATES = {"planned": N_("Session planned"), "held": N_("Held"), "cancelled": N_("Called off")}

SEATS = {"present": N_("Present"), "absent": N_("Absent")}

ATTENDANCE = {"passed": N_("Passed"), "failed": N_("Not passed"), "absent": N_("Absent")}

#: how far the answer to a report has come
STAGES = {
    "heard": N_("Heard"), "understood": N_("Understood"), "planned": N_("Plan waits for a decision"),
    "in_training": N_("In training"), "trained": N_("Trained"), "measured": N_("Result measured"),
}

ABOUT = {"clause": N_("Clause"), "course": N_("Course")}

AFTERWARDS = {
    "kept": N_("Training frequency stays as it is."), "raised": N_("Another round of training follows."),
    "review": N_("Training does not help enough: the process is looked at."),
}

REPORTS = {"difficulty": N_("Something is hard"), "bottleneck": N_("Work piles up")}

FEEDBACK_KINDS = {
    "problem": N_("Something hinders me"), "wish": N_("A wish"), "question": N_("A question"), "praise": N_("Praise"),
}

FEEDBACK_STATES = {"open": N_("Open"), "planned": N_("Planned"), "done": N_("Done"), "declined": N_("Declined")}

FEEDBACK_STEPS = {
    "plan": N_("Plan it"), "finish": N_("Close as done"), "decline": N_("Decline"), "reopen": N_("Open again"),
}

FEEDBACK_DONE = {
    "plan": N_("Planned:"), "finish": N_("Done:"), "decline": N_("Declined:"), "reopen": N_("Opened again:"),
}

FOUND = {"found": N_("Found"), "ruled_out": N_("Ruled out"), "unknown": N_("No record")}

#: what a trace is asked about, beside what the sector names
SUBJECTS = {"employee": N_("Person"), "issue": N_("Issue")}

NOT_EXAMINED = {
    "equipment": N_("equipment"), "environment": N_("environment"), "measurement": N_("measurement"),
    "staffing": N_("staffing"),
}

#: what an audit event tells of
ACTIONS = {
    "insert": N_("Recorded"), "update": N_("Changed"), "delete": N_("Deleted"), "read": N_("Read"),
    "export": N_("Exported"), "restore": N_("Restored"), "erase": N_("Erased"),
}

#: what pydantic calls a fault, as a sentence; `("field", fault)` where a field has its own
_FAULTS = {
    "reason": N_("Say why: the reason is kept with the decision."),
    "suggestions": N_("Select at least one person first."),
    "due_on": N_("Give a date, such as 2026-03-31."),
    "result": N_("Choose whether it passed or failed."),
    "performed_at": N_("Give a date and a time."),
    "sample_size": N_("Give a whole number, 0 or more."),
    "nonconforming": N_("Give a whole number, 0 or more."),
    "severity": N_("Choose how severe it is."),
    "count": N_("Give a whole number, 1 or more."),
    "employee_code": N_("Give the employee's code."),
    "process_code": N_("Give the code of the process."),
    "review": N_("Say what you make of it: it is kept with your name."),
    "due_days": N_("Give a number of days, 0 to 366."),
    "place": N_("Say where it is held."),
    "seats": N_("Give a whole number, 1 or more."),
    "starts_at": N_("Give a date and a time."),
    "ends_at": N_("Give a date and a time."),
    "attendance": N_("Nobody has a seat in it; call it off instead."),
    "item_codes": N_("Select at least one person first."),
    "text": N_("Say it in a few words."),
    "decision": N_("Choose whether you confirm or overrule it."),
}

#: sentences of the domains that stay as they are in every case
_SAID = (
    N_("Login or password is wrong."),
    N_("Only items that a rule asks for can be accepted together; decide the others one by one."),
    N_("Say why: a dismissed or edited suggestion needs a reason."),
    N_("This form was sent from another site; open the page here and send it again."),
    N_("This form is no longer valid; open the page again and send it once more."),
    N_("This sign-in was not begun here, or took too long; begin again."),
    N_("The sign-in provider does not confirm this sign-in; begin again."),
    N_("The sign-in provider's answer does not hold; begin again."),
    N_("The sign-in provider's answer is for somebody else; begin again."),
    N_("Your sign-in has no account here; ask an administrator."),
    N_("The sign-in provider does not answer as it should; try again, or sign in with a password."),
    N_("The new password is too short; give at least 12 characters."),
    N_("The new password is your login; choose another."),
    N_("The new password is the old one; choose another."),
    N_("The new password was not typed the same way twice; type it again."),
    N_("Say why: an emergency start needs a reason."),
    N_("Who proposed a change does not review it, nor put it in force; somebody else of quality does."),
    N_("Say why: a plan is not rejected without a reason."),
    N_("Somebody changed it meanwhile; read it again, then decide anew."),
    N_("Who asked for an emergency start does not review it; ask a colleague."),
    N_("Say why: a verdict is neither confirmed nor overruled without a reason."),
    N_("Overruling names the causes you hold true, other than those found; to agree, confirm."),
)

#: what is said in other languages for the sentences that name a value
_KINDS_OF_ERROR = {
    "bad-request": N_("This cannot be done as given; check what you entered."),
    "unauthorized": N_("Please sign in first."),
    "forbidden": N_("Your role may not do this."),
    "not-found": N_("This does not exist, or no longer does."),
    "conflict": N_("Somebody was quicker: this has been decided or recorded already."),
    "invalid": N_("This value is not accepted; check what you entered."),
    "too-many": N_("Too many failed sign-ins; wait a few minutes, then try again."),
    "link-used": N_("This link was used before; what it asked for is recorded."),
    "link-expired": N_("This link has expired; use the one in your newest message, or sign in."),
    "gate-closed": N_("The gate is closed for them: not qualified. In an emergency, start with a reason."),
    "unavailable": N_("Something Retrace needs does not answer; try again in a minute."),
}

#: a violation's own words are for files; on a form these are clearer
_ON_A_FORM = {
    "no such code in courses; load it first": N_("There is no course with this code."),
    "changes what was recorded; a correction needs a reason (column reason, or --reason)": N_(
        "This differs from what was planned or recorded; give a reason below."
    ),
}


def problems(error: Exception, language: Language) -> dict[str, str]:
    """What is wrong, by field (`findings.0.severity`; the empty name is the whole form)."""
    if isinstance(error, ValidationError):
        return {_place(one["loc"]): language.gettext(_fault(one["loc"])) for one in error.errors()}
    if isinstance(error, Invalid):
        return {
            _violated(one.table, one.row, one.column): _sentence(one.problem, error.kind, language)
            for one in error.violations
        }
    if isinstance(error, RetraceError):
        return {"": _sentence(str(error), error.kind, language)}
    return {"": language.gettext(N_("This cannot be done as given; check what you entered."))}


def _sentence(said: str, kind: str, language: Language) -> str:
    """A domain's sentence; in another language its translation, or what holds of its kind of error."""
    clearer = _ON_A_FORM.get(said, said)
    translated = language.gettext(clearer)
    if translated != clearer or language.code == "en":
        return translated
    return language.gettext(_KINDS_OF_ERROR.get(kind, _KINDS_OF_ERROR["bad-request"]))


def _fault(place: tuple[int | str, ...]) -> str:
    return _FAULTS.get(str(place[-1]) if place else "", _KINDS_OF_ERROR["invalid"])


def _place(parts: tuple[int | str, ...]) -> str:
    return ".".join(map(str, parts))


def _violated(table: str, row: int | None, column: str | None) -> str:
    if table == "findings" and row is not None and column:
        return f"findings.{row - 1}.{column}"
    return column or ""
