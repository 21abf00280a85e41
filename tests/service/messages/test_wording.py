"""Every kind of message is written in every language, with the same blanks."""

from string import Formatter

import pytest

from service.messages.wording import LANGUAGES, Words, blanks, kinds, words


def _blanks(said: Words) -> set[str]:
    return {name for text in (said.title, said.body) for _, name, *_ in Formatter().parse(text) if name}


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_both_languages_say_the_same_of_the_data(kind: str) -> None:
    assert set(kinds()[kind]) == set(LANGUAGES)
    said = {language: _blanks(text) for language, text in kinds()[kind].items()}
    assert said["en"] == said["zh"] == blanks(kind)
    assert all(text.title.strip() and text.body.strip() for text in kinds()[kind].values())
    assert all("\n" not in text.title for text in kinds()[kind].values())


def test_blanks_are_filled_in_the_readers_language() -> None:
    data = {"host": "mes.example", "since": "2026-01-05", "problem": "{0} is no blank"}
    assert words("webhook.disabled", data, "zh").title == "发往 mes.example 的 Webhook 已停用"
    assert "The last problem: {0} is no blank" in words("webhook.disabled", data, "en").body
