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
# # Did training work?
#
# Each person who passed a training, before and after, beside people on the same process who were not trained then.
# What changed for everybody falls out. One thing does not: whoever is trained after a bad month would have had a better
# one next anyhow, so a small gain proves little.

# %%
from datetime import timedelta

import pandas as pd

from training.commands.site import history
from training.effectiveness import FEWEST_PEOPLE, WINDOW, effects, trainings

records = history()
today = records["inspections"].known_at.max().to_pyarrow().as_py() + timedelta(days=1)
table = trainings(records, today)
print(f"{len(table)} trainings with inspections {WINDOW.days} days before and after, of them and of their peers")

# %% [markdown]
# ## What it says
#
# Negative is good: fewer failures than the peers' change would explain. With fewer than the least number of people the
# answer is "too little data", and that is an answer.

# %%
found = effects(table)
print(f"It takes {FEWEST_PEOPLE} people.")
for effect in found:
    print(effect.says)

# %%
pd.DataFrame(found).round(3)
