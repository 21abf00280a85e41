"""Feedback from any page, its answers, and who sees them."""

import re

from fastapi.testclient import TestClient

from tests.service.console.conftest import signed_in


def test_it_is_given_from_a_page_and_answered(client: TestClient) -> None:
    signed_in(client, "hua")
    assert 'href="/feedback?about=/planner"' in client.get("/planner").text
    assert 'name="page" value="/planner"' in client.get("/feedback?about=/planner").text
    blank = client.post("/feedback", data={"kind": "wish", "text": " ", "page": "/planner"})
    assert (blank.status_code, "Say it in a few words." in blank.text) == (422, True)
    sent = client.post("/feedback", data={"kind": "wish", "text": "<b>larger</b> letters", "page": "/planner"})
    assert sent.status_code == 303
    shown = client.get("/feedback").text
    assert "&lt;b&gt;larger&lt;/b&gt; letters" in shown
    assert "Thank you." in shown
    code = re.search(r"FB-\w{8}", shown)
    assert code is not None
    refused = client.post(f"/feedback/{code[0]}", data={"step": "finish", "tag": "*", "reason": "done"})
    assert refused.status_code == 403
    client.cookies.set("retrace_language", "zh")
    assert "希望改进" in client.get("/feedback").text


def test_an_administrator_answers(client: TestClient) -> None:
    signed_in(client, "hua")
    client.post("/feedback", data={"kind": "question", "text": "what is a band?", "page": ""})
    signed_in(client, "ada")
    shown = client.get("/feedback").text
    found = re.search(r'action="/feedback/(FB-\w{8})".*?name="tag" value="(.*?)"', shown, re.S)
    assert found is not None
    code, tag = found[1], found[2].replace("&#34;", '"')
    silent = client.post(f"/feedback/{code}", data={"step": "finish", "tag": tag, "reason": ""})
    assert (silent.status_code, "Say it in a few words." in silent.text) == (422, True)
    answer = {"step": "finish", "tag": tag, "reason": "see the guide"}
    assert client.post(f"/feedback/{code}", data=answer).status_code == 303
    stale = client.post(f"/feedback/{code}", data=answer)
    assert stale.status_code == 412
    assert "see the guide" in client.get("/feedback").text
