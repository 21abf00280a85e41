"""What the site's sector calls its functions, batches, posts, units and severities, in the viewer's language."""

from collections.abc import Callable
from typing import Any

from service.console import words
from service.console.language import Language
from service.sectors.reading import sector


def names(language: Language) -> dict[str, Callable[[str], str]]:
    """The functions that templates name things by."""

    def said(found: Any) -> str:
        text = str(getattr(found, language.code))
        return text[:1].upper() + text[1:]

    def thing(name: str) -> str:
        """A batch, a post or a unit."""
        return said(getattr(sector().things, name))

    def role(name: str) -> str:
        """Whoever has a role: by its function, where it is one."""
        function = sector().functions.get(name)  # type: ignore[call-overload]
        return said(function) if function is not None else language.gettext(words.ROLES[name])

    def severity(name: str) -> str:
        """How severe a finding is."""
        return said(sector().severities[name])  # type: ignore[index]

    def subject(name: str) -> str:
        """What a trace is asked about."""
        return thing(name) if name in {"batch", "unit"} else language.gettext(words.SUBJECTS[name])

    return {"thing": thing, "role": role, "severity": severity, "subject_name": subject}
