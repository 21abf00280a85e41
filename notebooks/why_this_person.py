# ---
# jupyter:
#   jupytext:
#     formats: py:percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Why this person
#
# One suggestion of the planner's list, taken apart: what the list said, and what each feature added to the score. A
# suggestion is not an assessment of anybody's competence.

# %%
import ibis
import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from features import catalog, cohort, matrix
from models.bands import holding
from models.reasons import reasons
from service.db.engine import app_engine
from service.suggestions.actions import latest_scoring
from service.suggestions.rules import too_little_data
from service.suggestions.tables import Suggestion
from training.commands.site import history, registry
from training.live import plain

records, champion = history(), registry().load_champion("need")
with Session(app_engine()) as session:
    scoring = latest_scoring(session, "need")
    of_scoring = select(Suggestion).where(Suggestion.scoring_id == scoring.id, Suggestion.rank.is_not(None))
    first = session.scalars(of_scoring.order_by(Suggestion.rank)).first()
print(f"{scoring.model}, as of {scoring.as_of:%Y-%m-%d}: rank {first.rank}, by today's rule {first.baseline_rank}")
[reason["en"] for reason in first.reasons]

# %% [markdown]
# ## The same row, made anew
#
# Features are cut at what was known before the list was made, so the row can be built again at any time. It is worth
# comparing the two scores: where they differ, records came later that claim to have been known then.

# %%
dates = ibis.memtable(pd.DataFrame({"as_of": [plain(scoring.as_of)]}))
built = matrix.build(records, cohort.eligible(records, "need", dates), "need")
theirs = (built.keys["employee_code"] == first.employee_code) & (built.keys["process_code"] == first.process_code)
row = built.X[theirs]
print(f"score on the list {first.score:.4f}, made anew {champion.ranker.score(row)[0]:.4f}")

# %% [markdown]
# ## How sure the model is
#
# The chance that an inspection fails, with the band it may lie in. Of people inspected as often, lists of the past were
# compared with what came true. Where too few were alike there is no band, or one from below what is usual to above
# twice its odds: too little data to tell, and that is what the list says.

# %%
chance = champion.ranker.probability(row)
(low,), (high,) = holding(chance, champion.ranker.band(row))
if pd.isna(low) or too_little_data(chance[0], low, high, champion.card.usual):
    print("too little data to tell")
print(f"chance {chance[0]:.1%}, between {low:.1%} and {high:.1%}; usual is {champion.card.usual:.1%}")

# %% [markdown]
# ## What each feature added
#
# In log-odds, against an average row. What raises the score stands first; the last ones lower it.

# %%
added = champion.ranker.contributions(row).iloc[0].sort_values(ascending=False)
table = pd.DataFrame({
    "added": added.round(3), "in words": [catalog.explain(name, row[name].iloc[0], "en") for name in added.index]
})
pd.concat([table.head(8), table.tail(4)])

# %% [markdown]
# ## What a planner is told of it
#
# One reason per topic, only of what raises the score and can be a reason at all.

# %%
said = reasons(champion.ranker, row, catalog.explain, "en", tells=catalog.tells, topic=catalog.topic)[0]
pd.DataFrame([(reason.sentence, round(reason.contribution, 3)) for reason in said], columns=["sentence", "added"])
