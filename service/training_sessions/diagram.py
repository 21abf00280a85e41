"""The states of a training session as a drawing, made of the rules, so that it cannot say anything else."""

from service.training_sessions.rules import STATES, STEPS


def mermaid() -> str:
    """A Mermaid state diagram of a training session."""
    arrows = [f"    {step.before} --> {step.after}: {step.name}" for step in STEPS]
    ends = [f"    {state} --> [*]" for state in STATES if state != "planned"]
    return "\n".join(["stateDiagram-v2", "    [*] --> planned", *arrows, *ends]) + "\n"
