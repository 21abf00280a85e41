"""Vectors of texts in the database, by pgvector: made once per text and model, and asked for what lies nearest."""

import hashlib
from collections.abc import Iterator, Sequence

import numpy as np
from sqlalchemy import delete, literal, select, true
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from models.contract import Reals
from models.text_embedding import Embedder
from models.text_records import Target
from service.difficulties.tables import TextVector

#: how many neighbours of a text have a say
NEIGHBOURS = 50
_AT_ONCE = 1000


def digest(text: str) -> str:
    """SHA-256 (hex) of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def keep(session: Session, embedder: Embedder, model: str, texts: Sequence[Target]) -> int:
    """Have a vector of each text by this model, and none of any other of these kinds; how many were made."""
    kinds = sorted({text.kind for text in texts})
    rows = session.execute(select(TextVector.kind, TextVector.code, TextVector.model, TextVector.digest)
                           .where(TextVector.kind.in_(kinds)))
    known = {(row.kind, row.code): (row.model, row.digest) for row in rows}
    for kind, code in sorted(set(known) - {(text.kind, text.code) for text in texts}):
        session.execute(delete(TextVector).where(TextVector.kind == kind, TextVector.code == code))
    new = [text for text in texts if known.get((text.kind, text.code)) != (model, digest(text.text))]
    for some in _chunks(new):
        made = embedder.encode([text.text for text in some])
        values = [
            {"kind": text.kind, "code": text.code, "model": model, "digest": digest(text.text),
             "vector": vector.tolist() if vector.any() else None}
            for text, vector in zip(some, made, strict=True)
        ]
        given = insert(TextVector).values(values)
        changed = {name: given.excluded[name] for name in ("model", "digest", "vector")}
        session.execute(given.on_conflict_do_update(index_elements=["kind", "code"], set_=changed))
    return len(new)


def _chunks(texts: Sequence[Target]) -> Iterator[Sequence[Target]]:
    return (texts[start:start + _AT_ONCE] for start in range(0, len(texts), _AT_ONCE))


def nearness(session: Session, reports: Sequence[str], kind: str, targets: Sequence[str]) -> Reals:
    """The cosine of each report [report, target] with its nearest targets of a kind, others and itself 0."""
    found = np.zeros((len(reports), len(targets)))
    row = {code: at for at, code in enumerate(reports)}
    column = {code: at for at, code in enumerate(targets)}
    asked, other = aliased(TextVector), aliased(TextVector)
    distance = other.vector.cosine_distance(asked.vector)
    nearest = (
        select(other.code, (literal(1.0) - distance).label("cosine"))
        .where(other.kind == kind, other.model == asked.model, other.vector.is_not(None),
               (other.kind != "report") | (other.code != asked.code))
        .order_by(distance, other.code).limit(NEIGHBOURS).lateral("nearest")
    )
    query = (
        select(asked.code, nearest.c.code.label("target"), nearest.c.cosine).join(nearest, true())
        .where(asked.kind == "report", asked.code.in_(reports), asked.vector.is_not(None))
    )
    for code, target, cosine in session.execute(query):
        if target in column:
            found[row[code], column[target]] = cosine
    return found
