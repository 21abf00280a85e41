"""The states of feedback as a drawing, made of the rules, so that it cannot say anything else."""

from service.feedback.rules import ENDED, STATES, STEPS


def mermaid() -> str:
    """A Mermaid state diagram of a piece of feedback."""
    arrows = [f"    {step.before} --> {step.after}: {step.name} ({step.taker})" for step in STEPS]
    ends = [f"    {state} --> [*]" for state in STATES if state in ENDED]
    return "\n".join(["stateDiagram-v2", "    [*] --> open", *arrows, *ends]) + "\n"
