"""Turning templates into what people actually type."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from training.world.sector import Process, Snag, Texts

_TYPO_SHARE, _CHINESE_SHARE = 0.15, 0.72


@dataclass(frozen=True)
class Said:
    """A text, the template it was made from, and the words for the snag in it (empty where it names none)."""

    text: str
    template: str = ""
    wording: str = ""


def difficulty_text(
    texts: Texts, process: Process, snag: Snag, bottleneck: bool, rng: np.random.Generator
) -> Said:
    """One report in Chinese or English, sometimes mistyped."""
    local = rng.random() < _CHINESE_SHARE
    if bottleneck:
        templates = texts.bottleneck_zh if local else texts.bottleneck_en
    else:
        templates = texts.difficulty_zh if local else texts.difficulty_en
    template = templates[int(rng.integers(len(templates)))]
    wording = snag.zh if local else snag.en
    text = mistyped(_filled(template, process, snag, local), texts.typos, rng)
    return Said(text, template, wording if "{s}" in template else "")


def issue_text(texts: Texts, kind: str, process: Process, snag: Snag, rng: np.random.Generator) -> str:
    """One issue, in either language."""
    template = texts.issues[kind][int(rng.integers(len(texts.issues[kind])))]
    local = not template.isascii()
    return _filled(template, process, snag, local)


def mistyped(text: str, typos: Mapping[str, str], rng: np.random.Generator) -> str:
    """The text with one of its usual typos, some of the time."""
    if rng.random() >= _TYPO_SHARE:
        return text
    for right, wrong in typos.items():
        if right in text:
            return text.replace(right, wrong, 1)
    return text


def _filled(template: str, process: Process, snag: Snag, local: bool) -> str:
    chinese, _, english = process.name.partition(" ")
    name = chinese if local else english.lower()
    text = template.format(p=name, s=snag.zh if local else snag.en)
    return text[0].upper() + text[1:]
