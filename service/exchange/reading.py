"""A folder's tables as they are found: `NAME.csv`, `NAME.parquet`, or the sheets of one `.xlsx`."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from service.errors import Invalid, NotFound, RetraceError
from service.exchange.columnar import open_parquet
from service.exchange.delimited import open_csv
from service.exchange.headers import no_such_table
from service.exchange.layout import FOLDER
from service.exchange.problems import Problems
from service.exchange.sources import Source, refused
from service.exchange.workbook import open_workbook
from service.settings import settings

_SUFFIXES = (".csv", ".parquet", ".xlsx")


class Folder:
    """A folder's tables in the order in which they can be loaded, and what is wrong with them so far."""

    def __init__(self) -> None:
        self.sources: list[Source] = []
        self.problems: list[Problems] = []

    def problems_of(self, source: str) -> Problems:
        """The problems of one source, to be added to."""
        known = next((problems for problems in self.problems if problems.source == source), None)
        if known is None:
            known = Problems(source)
            self.problems.append(known)
        return known

    def add(self, path: Path) -> None:
        """Open one file; what is wrong with it is kept."""
        try:
            _check_size(path)
            self.sources += self._opened(path)
        except Invalid as error:
            for wrong in error.violations:
                self.problems_of(wrong.table).add(wrong.row, wrong.column, wrong.value, wrong.problem)
        except OSError as error:
            self.problems_of(path.name).add(None, None, None, f"cannot be read ({error.strerror})")

    def _opened(self, path: Path) -> list[Source]:
        if path.suffix.lower() == ".xlsx":
            return open_workbook(path, self.problems_of)
        if path.stem not in FOLDER:
            raise refused(path.name, no_such_table(path.stem))
        opener = open_csv if path.suffix.lower() == ".csv" else open_parquet
        return [opener(path, FOLDER[path.stem], self.problems_of(path.name))]

    def arrange(self) -> None:
        """Put the sources in the order of loading; a table given twice is a problem of its second source."""
        self.sources.sort(key=lambda source: list(FOLDER).index(source.table.name))
        given = Counter(source.table.name for source in self.sources)
        for source in self.sources:
            if given[source.table.name] > 1:
                names = [other.name for other in self.sources if other.table is source.table]
                self.problems_of(names[-1]).add(None, None, None, f"this table is also in {names[0]}; keep one of them")
                given[source.table.name] = 1


def read_folder(path: Path) -> Folder:
    """Open every table of a folder, or of one workbook. Their rows are read later, source by source.

    Raises `RetraceError` when there is nothing to read; what is wrong with single files is in the result.
    """
    folder = Folder()
    for file in _files(path):
        folder.add(file)
    folder.arrange()
    if not folder.sources and not any(problems.total for problems in folder.problems):
        raise RetraceError(f"{path} holds no tables: name its files departments.csv, employees.csv and so on")
    return folder


def _files(path: Path) -> Iterable[Path]:
    if path.suffix.lower() == ".xlsx" and path.is_file():
        return [path]
    if not path.exists():
        raise NotFound(f"There is no folder {path}; name one that holds the tables, or one .xlsx")
    if not path.is_dir():
        raise RetraceError(f"{path} is a file; give the folder it is in, or an .xlsx workbook")
    try:
        files = sorted(file for file in path.iterdir() if file.is_file() and not file.name.startswith((".", "~$")))
    except OSError as error:
        raise RetraceError(f"The folder {path} cannot be read ({error.strerror})") from error
    _refuse_misplaced(files)
    return [file for file in files if file.suffix.lower() in _SUFFIXES]


def _refuse_misplaced(files: Iterable[Path]) -> None:
    """Raise `Invalid` for a table in a form that is not read, which would otherwise be silently left out."""
    for file in files:
        if file.stem in FOLDER and file.suffix.lower() not in _SUFFIXES:
            raise refused(file.name, "is not read; save it as .csv, .parquet or .xlsx")
    books = [file.name for file in files if file.suffix.lower() == ".xlsx"]
    if len(books) > 1:
        raise refused(books[-1], f"only one workbook is read, and there is {books[0]} already")


def _check_size(path: Path) -> None:
    most = settings().max_import_bytes
    size = path.stat().st_size
    if size > most:
        raise refused(path.name, f"has {size:,} bytes, more than RETRACE_MAX_IMPORT_BYTES ({most:,}); split it")
