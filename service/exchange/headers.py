"""Whether a file's or sheet's name is a table's, and its first row names that table's columns."""

from collections import Counter
from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from service.db.base import Part
from service.exchange.layout import FOLDER
from service.exchange.problems import Problems
from service.records.folder import ATTRIBUTE, FolderTable, wrong_with_key

_MOST_COLUMNS = 500


def no_such_table(name: str) -> str:
    """What is wrong with a file or sheet that is called like no table."""
    near = get_close_matches(name.strip().lower(), FOLDER, n=3)
    return f"there is no table {name!r}; {_suggested(near) or 'the tables are ' + ', '.join(FOLDER)}"


def check_header(table: FolderTable, names: Sequence[str], problems: Problems) -> None:
    """Add to `problems` what is wrong with the names of a table's columns."""
    if not any(names):
        problems.add(1, None, None, "is empty; its first row must name the columns")
        return
    if len(names) == 1 and any(mark in names[0] for mark in ";\t|"):
        problems.add(1, names[0], None, "is one column; separate the columns by commas")
        return
    if len(names) > _MOST_COLUMNS:
        problems.add(1, None, len(names), f"too many columns; at most {_MOST_COLUMNS}")
        return
    for name, count in Counter(names).items():
        wrong = "is given more than once" if count > 1 and name else _wrong_with(name, table)
        if wrong:
            problems.add(1, name or None, None, wrong)
    for name in identifying(table):
        if name not in names:
            problems.add(1, name, None, f"is missing; {table.name} need it")


def identifying(table: FolderTable) -> list[str]:
    """The columns without which no row says what record it is of."""
    required = [column.name for column in table.columns if column.required]
    if issubclass(table.row, Part):
        return required
    key = table.row.__key__ or ("code",)
    return [name for name in required if name in key]


def _wrong_with(name: str, table: FolderTable) -> str | None:
    if not name:
        return "a column has no name; name it or remove it"
    if name in table:
        return None
    if name.startswith(ATTRIBUTE):
        return wrong_with_key(name.removeprefix(ATTRIBUTE))
    near = get_close_matches(name.strip().lower(), table.names, n=1)
    hint = _suggested(near) or f"the columns of {table.name} are {', '.join(table.names)}"
    return f"is no column of {table.name}; {hint}; a site attribute's name begins with {ATTRIBUTE}"


def _suggested(near: Iterable[str]) -> str:
    named = " or ".join(near)
    return f"did you mean {named}?" if named else ""
