"""A fitted model as files: one JSON document and LightGBM's native texts. No pickle, ever.

The SHA-256 is taken over every file's path, length and bytes, and is compared before anything is parsed: an edited
model text loads silently, and a truncated one can abort the whole process.
"""

import hashlib
import json
from collections.abc import Mapping

from models.blend import BlendRanker
from models.contract import ModelCard, ModelError

FORMAT = 3
DOCUMENT = "retrace/model.json"


def to_files(ranker: BlendRanker, card: ModelCard) -> dict[str, bytes]:
    """Relative path -> content of everything needed to score and explain."""
    document = {"format": FORMAT, "ranker": ranker.to_json(), "card": card.to_json(), "texts": {}}
    files: dict[str, bytes] = {}
    for member, texts in ranker.texts().items():
        paths = [f"retrace/{member}-{position}.txt" for position in range(len(texts))]
        document["texts"][member] = paths  # type: ignore[index]
        files.update({path: text.encode() for path, text in zip(paths, texts, strict=True)})
    files[DOCUMENT] = json.dumps(document, sort_keys=True, allow_nan=False).encode()
    return files


def from_files(files: Mapping[str, bytes]) -> tuple[BlendRanker, ModelCard]:
    """The ranker and its card. Only for files whose hash was verified. Raises `ModelError` on a foreign format."""
    try:
        document = json.loads(files[DOCUMENT])
        if document["format"] != FORMAT:
            raise ModelError(f"model format {document['format']} is not {FORMAT}: fit the model again")
        texts = {member: tuple(files[path].decode() for path in paths) for member, paths in document["texts"].items()}
        return BlendRanker.from_json(document["ranker"], texts), ModelCard.from_json(document["card"])
    except (KeyError, TypeError, json.JSONDecodeError) as error:
        raise ModelError(f"not a Retrace model: {error!r}; fit the model again") from error


def digest(files: Mapping[str, bytes]) -> str:
    """SHA-256 (hex) over every file's path, length and bytes, in path order."""
    total = hashlib.sha256()
    for path in sorted(files):
        name = path.encode()
        total.update(len(name).to_bytes(8, "big") + name + len(files[path]).to_bytes(8, "big") + files[path])
    return total.hexdigest()
