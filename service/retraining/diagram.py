"""The states of a plan as a drawing, made of the rules, so that it cannot say anything else."""

from service.retraining.rules import STEPS


def mermaid() -> str:
    """A Mermaid state diagram of a plan."""
    arrows = [
        f"    {step.before} --> {step.after}: {step.name}" + (f" ({step.role})" if step.role else "") for step in STEPS
    ]
    return "\n".join(["stateDiagram-v2", "    [*] --> draft", *arrows]) + "\n"
