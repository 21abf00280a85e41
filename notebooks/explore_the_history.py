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
# # Explore the history
#
# What a model may learn from: the records of this site as event tables, and one matrix made of them. Start Jupyter
# with `RETRACE_HOME` set to the site's home.

# %%
from datetime import timedelta

import ibis
import pandas as pd

from features import catalog, cohort, matrix
from features.history import TABLES
from training.commands.site import history
from training.labels import known_results

records = history()
pd.Series({name: records[name].count().to_pyarrow().as_py() for name in TABLES}, name="rows").to_frame()

# %% [markdown]
# ## What inspections found, month by month
#
# Results as known today. A month with few inspections has a rate that means little: read the count beside it.

# %%
today = records["inspections"].known_at.max().to_pyarrow().as_py() + timedelta(days=1)
found = known_results(records, today)
by_month = found.group_by(month=found.occurred_at.truncate("M"), kind=found.kind)
monthly = by_month.aggregate(inspected=found.count(), failure_rate=found.failed.cast("float64").mean()).to_pandas()
monthly.pivot_table(index="month", columns="kind", values=["inspected", "failure_rate"]).round(3)

# %% [markdown]
# ## One matrix
#
# Everyone eligible on one date, with every feature as known before it. Nothing known later is in it, whatever the
# records say today.

# %%
as_of = today - timedelta(days=60)
dates = ibis.memtable(pd.DataFrame({"as_of": [as_of]}))
built = matrix.build(records, cohort.eligible(records, "need", dates), "need")
print(f"{len(built.X)} rows, {built.X.shape[1]} features, fingerprint {built.fingerprint[:12]}")
built.keys.head()

# %% [markdown]
# How much of each feature is missing, and what one row says in words:

# %%
built.X.isna().mean().sort_values(ascending=False).head(10).rename("share missing").to_frame()

# %%
first = built.X.iloc[0]
pd.Series({name: catalog.explain(name, first[name], "en") for name in built.X.columns}).head(25)
