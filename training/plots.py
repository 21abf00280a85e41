"""Figures from plain arrays, as PNG: nothing is shown, and matplotlib is imported by the one who draws."""

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from models.contract import Reals
from service.issues.guard import Sample, interval
from training.drift import MOVED, Shift
from training.metrics import BINS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_INK, _SOFT, _MARK = "#1f4e79", "#9aa5b1", "#b3541e"
_MOST_BARS = 20


def gain(score: Reals, failed: Reals) -> "Figure":
    """The share of failures found by looking at the first so many, against looking at random."""
    order = np.argsort(-score, kind="stable")
    found = np.concatenate([[0.0], np.cumsum(failed[order]) / max(failed.sum(), 1.0)])
    figure, axes = _empty("Failures found", "share of the list looked at", "share of its failures")
    axes.plot(np.linspace(0, 1, len(found)), found, color=_INK, label="by score")
    axes.plot([0, 1], [0, 1], color=_SOFT, linestyle="--", label="at random")
    axes.legend(frameon=False)
    return figure


def calibration(probability: Reals, failed: Reals) -> "Figure":
    """What was said against what came, in tenths of the list, each with its 95% interval."""
    figure, axes = _empty("Said and come true", "mean chance that was said", "share that failed")
    for group in np.array_split(np.argsort(probability, kind="stable"), BINS):
        if len(group):
            bounds = interval(Sample(int(failed[group].sum()), len(group)))
            said = float(probability[group].mean())
            axes.plot([said, said], [bounds.low, bounds.high], color=_SOFT)
            axes.plot([said], [failed[group].mean()], marker="o", color=_INK)
    most = max(float(probability.max(initial=0.0)), 0.05)
    axes.plot([0, most], [0, most], color=_SOFT, linestyle="--")
    return figure


def drift(found: Sequence[Shift]) -> "Figure":
    """How far each feature moved beyond chance, those that moved most on top; at most twenty."""
    shown = [shift for shift in found if not np.isnan(shift.index)][:_MOST_BARS][::-1]
    figure, axes = _empty("Features then and now", "stability index, less what chance gives", "")
    beyond = [max(shift.index - shift.by_chance, 0.0) for shift in shown]
    axes.barh(range(len(shown)), beyond, color=[_MARK if shift.moved else _INK for shift in shown])
    axes.set_yticks(range(len(shown)), [shift.feature for shift in shown], fontsize=7)
    axes.axvline(MOVED, color=_SOFT, linestyle="--")
    return figure


def png(figure: "Figure") -> bytes:
    """The figure as a file."""
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return file.getvalue()


def _empty(title: str, across: str, up: str) -> "tuple[Figure, Any]":
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.5), dpi=100, layout="constrained")
    axes = figure.add_subplot(title=title, xlabel=across, ylabel=up)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes
