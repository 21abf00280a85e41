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
# # Champion against challenger
#
# Every night the challenger scores whom the champion scores, unseen. Once inspections tell, both can be judged on the
# same people over the same days. Change `TARGET` to look at another list.

# %%
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
from IPython.display import Image, display
from sqlalchemy.orm import Session

from service.db.engine import app_engine
from training import plots
from training.commands.site import history, registry
from training.findings import calibrated, challenged, recalled
from training.live import matured
from training.metrics import Outcomes, table_row

TARGET = "need"
records, models = history(), registry()
champion, challenger = models.load_champion(TARGET), f"{TARGET} v{models.challenger_version(TARGET)}"
versions = models.versions(TARGET)
pd.DataFrame(versions)[["version", "aliases", "trained_until"]]

# %% [markdown]
# ## The outcomes both were there for
#
# An outcome counts once, by the first list that showed the person. Only the inspected have one.

# %%
horizon, now = timedelta(days=champion.card.horizon_days), datetime.now(UTC).replace(tzinfo=None)
with Session(app_engine()) as session:
    listed = matured(session, records, TARGET, f"{TARGET} v{champion.version}", horizon, now)
live = listed.beside(challenger)
print(f"{len(live)} outcomes, {int(live.failed.sum())} failures")
for finding in (calibrated(live), recalled(live, None), challenged(live, challenger)):
    print(f"{finding.about}: {finding.sentence}")

# %% [markdown]
# ## Side by side
#
# Promote the challenger only if the interval of the difference above lies above nought and you understand why:
# `retrace-train promote TARGET VERSION`. Until a version has been promoted nobody sees its scores.

# %%
rows = live.rows
outcomes = Outcomes(live.failed, np.full(len(rows), None, dtype=object), rows["performed_at"].to_numpy())
pd.DataFrame({
    "champion": table_row(rows["score"].to_numpy(), outcomes, rows["probability"].to_numpy()),
    "challenger": table_row(rows["shadow_score"].to_numpy(), outcomes, rows["shadow_probability"].to_numpy()),
}).round(3)

# %%
for name in ("probability", "shadow_probability"):
    display(Image(plots.png(plots.calibration(rows[name].to_numpy(), live.failed))))
    display(Image(plots.png(plots.gain(rows[name].to_numpy(), live.failed))))
