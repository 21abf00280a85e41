"""The text of a source becomes values of its columns' kinds; what cannot is gathered, by row and column."""

from collections.abc import Callable, Iterator
from functools import partial

import pyarrow as pa

from service.exchange import times, values
from service.exchange.problems import Problems
from service.exchange.sources import Source
from service.exchange.times import Converted
from service.records.folder import FolderColumn, FolderTable, Kind
from service.records.staged import ROW
from service.settings import settings

#: how a column's text is converted, and how a wrong one is explained
_Conversion = tuple[Callable[[pa.Array], Converted], Callable[[str], str]]


class Parser:
    """Reads a source batch by batch, and learns on the way which of its site attributes are numbers throughout."""

    def __init__(self, source: Source, problems: Problems) -> None:
        self._source = source
        self._problems = problems
        self._conversions = {name: _conversion(source.table, name) for name in source.columns}
        self.attributes = tuple(name for name in source.columns if name not in source.table)
        #: those of which no text was seen that is not a canonical number
        self.numeric = set(self.attributes)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The typed rows: `row_number` and every column. Where something is wrong the value is null."""
        for batch in self._source.read(self._problems):
            self.numeric = {name for name in self.numeric if values.is_numeric(batch[name])}
            columns = [self._typed(batch, name) for name in self._source.columns]
            yield pa.RecordBatch.from_arrays([batch[ROW], *columns], names=[ROW, *self._source.columns])

    def _typed(self, batch: pa.RecordBatch, name: str) -> pa.Array:
        text = batch[name]
        convert, explain = self._conversions[name]
        typed, wrong = _by_distinct_value(convert, text)
        self._problems.add_where(wrong, batch[ROW], name, text, explain)
        table = self._source.table
        if name in table and table[name].required and text.null_count:
            self._problems.add_where(text.is_null(), batch[ROW], name, text, lambda _: "must not be empty")
        return typed


def _by_distinct_value(convert: Callable[[pa.Array], Converted], text: pa.Array) -> Converted:
    """Convert each distinct value once where values repeat; most columns hold few."""
    encoded = text.dictionary_encode()
    if len(encoded.dictionary) * 2 > len(text):
        return convert(text)
    typed, wrong = convert(encoded.dictionary)
    return typed.take(encoded.indices), wrong.take(encoded.indices)


def _conversion(table: FolderTable, name: str) -> _Conversion:
    if name not in table:
        return values.to_attributes, values.explain_text
    wire = table[name]
    if wire.choices:
        return partial(values.to_words, wire=wire), partial(values.explain_word, wire=wire)
    if wire.kind is Kind.TEXT:
        return values.to_codes if values.is_code(wire, table) else values.to_texts, values.explain_text
    return _of_kind(wire)


def _of_kind(wire: FolderColumn) -> _Conversion:
    zone = settings().timezone
    conversions: dict[Kind, _Conversion] = {
        Kind.TIME: (partial(times.to_moments, zone=zone), partial(times.explain_moment, zone=zone)),
        Kind.DATE: (times.to_days, times.explain_day),
        Kind.WHOLE: (partial(values.to_wholes, wire=wire), partial(values.explain_number, wire=wire)),
        Kind.REAL: (partial(values.to_reals, wire=wire), partial(values.explain_number, wire=wire)),
        Kind.LIST: (values.to_lists, values.explain_list),
    }
    return conversions[wire.kind]
