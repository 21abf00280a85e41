"""The states of an issue as a drawing, made of the rules, so that it cannot say anything else."""

from service.issues.rules import STEPS, Step

#: between these lines of `docs/issues.md` stands the drawing
FENCE = ("```mermaid\n", "```\n")


def mermaid() -> str:
    """A Mermaid state diagram of handling an issue."""
    lines = ["stateDiagram-v2", "    [*] --> open", *(_arrow(step) for step in STEPS), "    closed --> [*]"]
    return "\n".join(lines) + "\n"


def _arrow(step: Step) -> str:
    who = f" ({', '.join(sorted(step.roles))})" if step.roles else ""
    return f"    {step.before} --> {step.after}: {step.name}{who}"
