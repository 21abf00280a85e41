"""Reading a sector's file and what the site says otherwise, merged and checked as one."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from service.errors import RetraceError
from service.sectors.schemas import Sector
from service.settings import settings

#: the sectors that come with Retrace; a site keeps its own in RETRACE_HOME/sectors
FOLDER = Path(__file__).parent
#: what a site says otherwise, in RETRACE_HOME
OVERRIDE = "sector.yaml"


class BadSector(RetraceError):
    """A sector that is not there, or whose file says what cannot be."""

    status = 503
    kind = "bad-sector"


def sector() -> Sector:
    """The site's sector (RETRACE_SECTOR), with what RETRACE_HOME/sector.yaml says otherwise. Raises `BadSector`."""
    given = settings()
    return of_home(given.sector, given.home)


def of_home(name: str, home: Path) -> Sector:
    """A sector as a home sees it; read anew when a file changes. Raises `BadSector`, naming file and key."""
    file, override = _file(name, home), home / OVERRIDE
    return _read(file, override, _stamp(file), _stamp(override))


def names(home: Path) -> list[str]:
    """The sectors there are."""
    return sorted({file.stem for folder in (FOLDER, home / "sectors") for file in folder.glob("*.yaml")})


def _file(name: str, home: Path) -> Path:
    for folder in (home / "sectors", FOLDER):
        if (folder / f"{name}.yaml").is_file():
            return folder / f"{name}.yaml"
    raise BadSector(
        f"There is no sector {name!r} (RETRACE_SECTOR); there are {', '.join(names(home))}. A new one is a file "
        f"{home / 'sectors' / 'NAME.yaml'}."
    )


def _stamp(file: Path) -> tuple[int, int] | None:
    try:
        told = file.stat()
    except FileNotFoundError:
        return None
    return told.st_mtime_ns, told.st_size


@lru_cache(maxsize=16)
def _read(file: Path, override: Path, *stamps: tuple[int, int] | None) -> Sector:
    base, own = _loaded(file), _loaded(override) if stamps[1] is not None else {}
    try:
        return Sector.model_validate(merged(base, own))
    except ValidationError as error:
        first = error.errors()[0]
        raise BadSector(_problem(first["loc"], first["msg"], file, override, own)) from error


def _loaded(file: Path) -> dict[str, Any]:
    try:
        found = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        place = getattr(error, "problem_mark", None)
        where = f", line {place.line + 1}" if place is not None else ""
        raise BadSector(f"{file}{where}: this is not YAML in UTF-8; correct it.") from error
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise BadSector(f"{file}: the file must say keys and values, such as `name:`.")
    return found


def merged(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """The base with what the site says otherwise, key by key; a key the site sets to nothing (null) is left out."""
    made = dict(base)
    for key, value in own.items():
        if value is None:
            made.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(made.get(key), Mapping):
            made[key] = merged(made[key], value)
        else:
            made[key] = value
    return made


def _problem(place: Sequence[int | str], said: str, file: Path, override: Path, own: Mapping[str, Any]) -> str:
    keys = "".join(f"{part}." for part in place if part != "[key]").removesuffix(".")
    at: Any = own
    for part in place:
        at = at.get(part) if isinstance(at, Mapping) else None
    # the site's own file is to blame for what it says, and for a part of it that misses something
    blamed = override if at is not None or (own and _says(own, place[:-1])) else file
    return ": ".join(part for part in (str(blamed), keys, said.removeprefix("Value error, ")) if part)


def _says(own: Mapping[str, Any], place: Sequence[int | str]) -> bool:
    at: Any = own
    for part in place:
        if not isinstance(at, Mapping) or part not in at:
            return False
        at = at[part]
    return True
