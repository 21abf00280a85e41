from collections.abc import Iterator

import pytest

from tests.service.database import Database, migrated


@pytest.fixture(scope="module")
def own() -> Iterator[Database]:
    with migrated("web") as database:
        yield database
