"""The states of an obligation as a drawing, made of the rules, so that it cannot say anything else."""

from service.duties.rules import STATES, STEPS

#: between these lines of `docs/duties.md` stands the drawing
FENCE = ("```mermaid\n", "```\n")

_BY = {"event": "the records", "person": "a person", "clock": "time"}


def mermaid() -> str:
    """A Mermaid state diagram of an obligation."""
    arrows = [f"    {step.before} --> {step.after}: {step.name} ({_BY[step.by]})" for step in STEPS]
    ends = [f"    {state} --> [*]" for state in STATES if state != "open"]
    return "\n".join(["stateDiagram-v2", "    [*] --> open", *arrows, *ends]) + "\n"
