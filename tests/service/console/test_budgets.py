"""How many queries each page may run: a page whose number grows with its rows shows here first."""

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Connection

from tests.service.console.conftest import counted, signed_in

BUDGETS = {"/login": 0, "/": 12, "/planner": 8, "/quality": 5, "/quality/inspections/INS-001": 3, "/nowhere": 0,
           "/answers": 10, "/sessions": 8, "/feedback": 4, "/training": 1, "/changes": 6, "/plans": 3, "/duties": 3,
           "/duties/setup": 2}


@pytest.mark.parametrize("address", BUDGETS)
def test_a_page_stays_within_its_queries(client: TestClient, connection: Connection, address: str) -> None:
    signed_in(client, "ada")
    with counted(connection) as sent:
        client.get(address)
    assert len(sent) == BUDGETS[address], "\n".join(sent)
