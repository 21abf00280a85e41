"""The states of a change as a drawing, made of the rules, so that it cannot say anything else."""

from service.processes.rules import ENDED, REVIEWER, STATES, STEPS, Step

#: what the drawing calls whoever takes a step
_TAKERS = {"author_side": "the author's side", "reviewer": REVIEWER, "nobody": ""}


def mermaid() -> str:
    """A Mermaid state diagram of a change."""
    ends = [f"    {state} --> [*]" for state in STATES if state in ENDED]
    return "\n".join(["stateDiagram-v2", "    [*] --> proposed", *(_arrow(step) for step in STEPS), *ends]) + "\n"


def _arrow(step: Step) -> str:
    who = f" ({_TAKERS[step.taker]})" if _TAKERS[step.taker] else ""
    return f"    {step.before} --> {step.after}: {step.name}{who}"
