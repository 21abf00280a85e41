"""Values as JSON takes them."""

import math
from collections.abc import Mapping
from typing import Any


def plain(value: Any) -> Any:
    """A nested table as plain values: things that know their own JSON ask for it, NaN and infinities are null."""
    if hasattr(value, "to_json"):
        return plain(value.to_json())
    if isinstance(value, Mapping):
        return {str(name): plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    return value
