"""A simulated site with known truth: demo data, and a world to judge models and policies in.

A sector is data (`factory.py`; hospital and hotel have their place beside it in `simulate.SECTORS`) on an engine that
knows no sector. Causes are real: latent mastery that is learnt and forgotten, standards that move, tired shifts, bad
lots, inspectors who differ and choose; what the folder holds is only what such a site would have written down.
"""

from training.world.simulate import simulate, write
from training.world.spec import World, WorldSpec

__all__ = ["World", "WorldSpec", "simulate", "write"]
