"""Who may serve: only what beats champion and baselines on data neither saw, or what a named person forces."""

import json
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest

from models.registry import Registry
from training.fit import fit

DAY = timedelta(days=1)
CUT = datetime(2025, 8, 1)  # noqa: DTZ001 - UTC without a zone


@pytest.fixture(scope="module")
def good(units):
    return fit(units, "risk-unit", CUT, 60 * DAY)


@pytest.fixture(scope="module")
def bad(good):
    """The same features, taught that bad places are the good ones."""
    given = good.data.examples()
    return replace(good, ranker=good.ranker.fit(replace(given, failed=1 - given.failed)))


@pytest.fixture
def registered(tmp_path):
    """Register fitted models, the first of them champion, in a home of their own."""

    def make(*fitted):
        registry = Registry(tmp_path)
        for each in fitted:
            registry.register(each.ranker, each.card, each.data.X)
        registry.promote("risk-unit", 1)
        return registry

    return make


def _cut_at(fitted, until: datetime):
    """The same model with a card that says it saw everything before a later date."""
    return replace(fitted, card=replace(fitted.card, trained_until=until.isoformat()))


def test_a_winner_on_data_neither_saw_is_promoted_and_its_figures_kept(units, command, registered, bad, good, tmp_path):
    registry = registered(bad, good)
    code, out, _ = command(units, tmp_path)("promote", "risk-unit", "2")
    assert (code, registry.champion_version("risk-unit")) == (0, 2)
    assert "results since 2025-08-01 that neither saw" in out
    kept = registry.versions("risk-unit")[0].judged
    assert kept["AUC"]["challenger"] > kept["AUC"]["champion"]
    assert kept["lead"]["low"] > 0
    assert registry.rollback("risk-unit") == 1


def test_a_loser_is_refused_with_the_figures_unless_a_named_person_forces_it(
    units, command, registered, bad, good, tmp_path
):
    registry = registered(good, bad)
    call = command(units, tmp_path)
    code, out, err = call("promote", "risk-unit", "2")
    assert (code, out, err.count("\n"), registry.champion_version("risk-unit")) == (1, "", 1, 1)
    assert "it does not beat the champion: on" in err
    assert call("promote", "risk-unit", "2", "--reason", " ")[0] == 1
    assert registry.champion_version("risk-unit") == 1
    code, out, _ = call("promote", "risk-unit", "2", "--reason", "a drill", "--by", "Chen Yi")
    assert (code, "forced by Chen Yi, although it does not beat" in out) == (0, True)
    forced = registry.versions("risk-unit")[0].forced
    assert (forced["by"], forced["reason"], forced["although"][:16]) == ("Chen Yi", "a drill", "it does not beat")
    assert registry.champion_version("risk-unit") == 2
    code, out, _ = call("card", "risk-unit")
    assert (code, out.startswith("# risk-unit, version 2 (champion)")) == (0, True)
    assert "Forced by Chen Yi: a drill" in out
    assert "| model |" in out
    assert json.loads(call("card", "risk-unit", "--version", "1", "--json")[1])["trained_until"] == CUT.isoformat()


@pytest.mark.parametrize(
    ("until", "says"),
    [
        (datetime(2026, 3, 1), "there is no result since 2026-03-01 that neither it nor the champion saw"),  # noqa: DTZ001
        (datetime(2025, 12, 28), "too few to judge by"),  # noqa: DTZ001
    ],
)
def test_without_data_neither_saw_nothing_is_promoted(units, command, registered, good, tmp_path, until, says):
    registry = registered(good, _cut_at(good, until))
    code, _, err = command(units, tmp_path)("promote", "risk-unit", "2")
    assert (code, err.count("\n"), registry.champion_version("risk-unit")) == (1, 1, 1)
    assert says in err


def test_the_same_model_again_is_no_winner_and_the_champion_stays_it(units, command, registered, good, tmp_path):
    registry = registered(good, good)
    call = command(units, tmp_path)
    assert "does not beat the champion" in call("promote", "risk-unit", "2")[2]
    assert "version 1 is the champion already" in call("promote", "risk-unit", "1")[1]
    assert registry.champion_version("risk-unit") == 1


def test_the_first_champion_is_judged_by_its_card(units, command, good, tmp_path):
    registry = Registry(tmp_path)
    lost = {**good.card.metrics, "last result": {"AUC": 0.999}}
    registry.register(good.ranker, replace(good.card, metrics=lost), good.data.X)
    registry.register(good.ranker, good.card, good.data.X)
    call = command(units, tmp_path)
    code, _, err = call("promote", "risk-unit", "1")
    assert (code, registry.champion_version("risk-unit")) == (1, None)
    assert "that of the baseline 'last result' 0.999" in err
    assert "the first, by the earlier windows of its card" in call("promote", "risk-unit", "2")[1]
    assert registry.champion_version("risk-unit") == 2


def test_a_promotion_cut_off_half_way_can_be_rolled_back(registered, good, monkeypatch):
    registry = registered(good, good)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(registry._door.client, "set_registered_model_tag", killed)
    with pytest.raises(KeyboardInterrupt):
        registry.promote("risk-unit", 2)
    monkeypatch.undo()
    assert registry.champion_version("risk-unit") == 2
    assert registry.rollback("risk-unit") == 1


def test_ranks_of_the_turned_model_are_turned(good, bad):
    table = good.data.X.head(300)
    assert np.corrcoef(good.ranker.score(table), bad.ranker.score(table))[0, 1] < -0.5
