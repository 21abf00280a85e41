"""The champions this process scores with: loaded once, verified, and loaded again when another takes over."""

import time
from pathlib import Path

from models.contract import ModelError
from models.registry import Registered, Registry

#: how long it may take until a promotion or a rollback is seen, in seconds: to ask takes longer than to score
SEEN_WITHIN = 5.0


class Champions:
    """The champions of one home folder, as of a few seconds ago."""

    def __init__(self, home: Path) -> None:
        self._registry = Registry(home)
        self._loaded: dict[str, Registered] = {}
        self._asked: dict[str, float] = {}

    def of(self, target: str) -> Registered:
        """The champion of a target, its hash verified before parsing. Raises `ModelError` where there is none."""
        held = self._loaded.get(target)
        if held is not None and time.monotonic() - self._asked[target] < SEEN_WITHIN:
            return held
        version = self._registry.champion_version(target)
        if held is None or held.version != version:
            self._loaded.pop(target, None)
            held = self._registry.load_champion(target)
        self._loaded[target], self._asked[target] = held, time.monotonic()
        return held

    def known(self, target: str) -> Registered | None:
        """The champion, or None where there is none that may serve."""
        try:
            return self.of(target)
        except ModelError:
            return None
