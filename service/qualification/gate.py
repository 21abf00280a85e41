"""Pure rules of the gate: from a standing to what may begin. Models have no say here."""

from datetime import timedelta

from service.qualification.rules import NO_REQUIREMENT, QUALIFIED, SUPERVISED

#: where nobody ever switched a process's gate
FIRST_MODE = "off"

#: how long a check covers the work that begins after it
HOLDS = timedelta(hours=12)

#: within which an emergency start is reviewed
REVIEW_WITHIN = timedelta(hours=24)

#: the longest time somebody works under supervision without a new decision
LONGEST_SUPERVISION = timedelta(days=180)

PASSED = frozenset({QUALIFIED, SUPERVISED})


def allowed(mode: str, outcome: str, *, emergency: bool = False) -> bool:
    """Whether work may begin: an emergency always; else only a closed gate holds back who has not passed."""
    return emergency or mode != "block" or outcome in PASSED


def outcome(own: str, supervisor: str | None) -> str:
    """What a person's own standing comes to beside that of the colleague who supervises them (None: nobody does)."""
    return SUPERVISED if supervisor == QUALIFIED and own not in {QUALIFIED, "suspended"} else own


def flag(mode: str, checked: str | None, *, emergency: bool = False, supervised: bool = False) -> str | None:
    """Why work must be looked at, or None. `checked`: the outcome of the check it began with; None: there was none.

    `supervised`: it was done by somebody who works under supervision and is not qualified yet.
    """
    if emergency:
        return "emergency"
    if mode == "off":
        return SUPERVISED if supervised else None
    if checked is None:
        return "ungated"
    if checked == SUPERVISED:
        return "supervised"
    return None if checked == QUALIFIED else "warned"


#: each outcome as a board shows it; {who} and {what} are names
SAYS: dict[str, tuple[str, str]] = {
    QUALIFIED: ("{who} is qualified for {what}.", "{who}具备{what}的上岗资格\u3002"),
    SUPERVISED: ("{who} may do {what} under the supervision of {mentor}.", "{who}可在{mentor}带教下从事{what}\u3002"),
    NO_REQUIREMENT: (
        "Nothing says what {what} demands of {who}; define its requirements first.",
        "尚未规定{what}的上岗要求\uff0c无法认定{who}的资格\u3002",
    ),
    "suspended": ("{who} is suspended from {what}.", "{who}已被暂停从事{what}\u3002"),
    "not_trained": ("{who} lacks what {what} requires.", "{who}未完成{what}要求的培训或资质\u3002"),
    "failed": ("{who} did not pass what {what} requires.", "{who}未通过{what}要求的培训或考核\u3002"),
    "expired": ("What {who} holds for {what} has expired.", "{who}从事{what}的资格已过期\u3002"),
    "superseded_version": (
        "{who} was taught a superseded version of the standard for {what}.",
        "{who}接受的培训不是{what}现行版本的标准\u3002",
    ),
}
