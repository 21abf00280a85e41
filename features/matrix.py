"""Cohort and blocks make a matrix: one compiled expression, executed through Arrow."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import ibis
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from features import catalog
from features.asof import known_before
from features.block import Feature
from features.cohort import IDENTITY, KEYS
from features.history import History


class DuplicateRows(ValueError):
    """A cohort names the same subject twice at one `as_of`, or a reference table has a code twice."""


@dataclass(frozen=True)
class Matrix:
    """A cohort with its features.

    `keys` holds the target's key columns, sorted by them; `X` row by row the features in catalog order, float64 with
    NaN where missing, text as categories. `fingerprint` is a SHA-256 over names, catalog version and content.
    """

    keys: pd.DataFrame
    X: pd.DataFrame
    fingerprint: str


def as_it_is(table: ibis.Table) -> ibis.Table:
    """Keep nothing on the way: what engines do that plan a whole expression at once."""
    return table


def expression(
    history: History, cohort: ibis.Table, target: str, keep: Callable[[ibis.Table], ibis.Table] = as_it_is
) -> ibis.Table:
    """The key columns and all features of a cohort as one expression, for whichever engine the history is bound to.

    `keep` is given the rows and each block's part, and returns the same rows: an engine that plans every mention of a
    table anew holds them ready there.
    """
    identified = keep(_identified(cohort, target))
    rows = keep(_with_done(history, identified))
    # views of their own: the moments come from the very table of work that blocks join them with
    seen_from = {"as_of": identified, "done_at": rows.drop("as_of").rename(as_of="done_at").view()}
    joined, features = rows.view(), list[Feature]()
    for number, block in enumerate(catalog.blocks(history, target)):
        part = keep(block.build(history, seen_from[block.at]))
        part = part.rename({f"{key}__{number}": key for key in (*block.on, "as_of")}).view()
        same = [(key, f"{key}__{number}") for key in block.on]
        joined = joined.left_join(part, [*same, (block.at, f"as_of__{number}")])
        features += block.features
    columns = [
        (joined[feature.name] if feature.text else joined[feature.name].cast("float64")).name(feature.name)
        for feature in features
    ]
    return joined.select(*KEYS[target], *columns)


def build(history: History, cohort: ibis.Table, target: str) -> Matrix:
    """Execute `expression`. Raises `DuplicateRows` when the rows are not one per subject and `as_of`."""
    return of(expression(history, cohort, target).to_pyarrow(), target)


def of(table: pa.Table, target: str) -> Matrix:
    """The matrix of an executed `expression`. Raises `DuplicateRows`; see `build`."""
    names = list(KEYS[target])
    table = table.sort_by([(name, "ascending") for name in (*IDENTITY[target], "as_of")])
    keys = table.select(names).to_pandas()
    if keys.duplicated(subset=[*IDENTITY[target], "as_of"]).any():
        raise DuplicateRows(f"{target}: a subject has several rows at one as_of")
    features = table.select([name for name in table.column_names if name not in names])
    # Categories in order of their text, so that they do not depend on the order in which rows arrived.
    x = pd.DataFrame({name: _column(features[name]) for name in features.column_names}, index=keys.index)
    return Matrix(keys, x, fingerprint([keys, x]))


def fingerprint(frames: Sequence[pd.DataFrame]) -> str:
    """SHA-256 over the catalog version and each frame's column names and content, in the order given."""
    digest = hashlib.sha256(f"catalog {catalog.VERSION}".encode())
    for frame in frames:
        for name, column in frame.items():
            content = _bytes(column)
            digest.update(f"\x1f{name}\x1f{len(column)}\x1f{len(content)}\x1f".encode())
            digest.update(content)
    return digest.hexdigest()


def _identified(cohort: ibis.Table, target: str) -> ibis.Table:
    """The cohort with `row_code`, which is never missing where single codes may be (SQL joins no missing values)."""
    row_code = ibis.literal("")
    for column in IDENTITY[target]:
        row_code += cohort[column].fill_null("") + "\x1f"
    return cohort.mutate(row_code=row_code, as_of=cohort.as_of.cast("timestamp(6)"))


def _with_done(history: History, rows: ibis.Table) -> ibis.Table:
    """The rows with `done_at`: when their work began, as far as that is known before `as_of`; else `as_of` itself."""
    if "work_code" not in rows.columns:
        return rows.mutate(done_at=rows.as_of)
    known = known_before(history["work"], rows, ("work_code",))
    work = known.select("work_code", "as_of", began="occurred_at")
    joined = rows.left_join(work, ["work_code", "as_of"], rname="{name}__work")
    began = ibis.least(ibis.coalesce(joined.began, joined.as_of), joined.as_of).cast("timestamp(6)")
    return joined.select(*(joined[column] for column in rows.columns), done_at=began)


def _column(values: pa.ChunkedArray) -> "npt.NDArray[np.float64] | pd.Series[str]":
    if pa.types.is_floating(values.type):
        return np.asarray(values.to_numpy(), dtype="float64")
    text = values.to_pandas()
    categories: pd.Series = text.astype(pd.CategoricalDtype(sorted(text.dropna().unique())))
    return categories


def _bytes(column: pd.Series) -> bytes:
    if column.dtype == "float64":
        numbers = column.to_numpy()
        # One pattern of bits for every NaN, and none for a negative zero.
        return np.where(np.isnan(numbers), np.nan, numbers + 0.0).tobytes()
    if column.dtype.kind == "M":
        return column.to_numpy(dtype="datetime64[us]").tobytes()
    codes, texts = pd.factorize(column)
    lengths = "\x1f".join(str(len(text)) for text in texts)
    return codes.astype("int64").tobytes() + lengths.encode() + "".join(texts).encode()
