"""A world of imagined patients, for prescribers who think ahead; its random numbers are nobody else's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pmrl.model import PatientModel
from pmrl.parameter import Parameter
from pmrl.solve import course
from pmrl.world import World

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
SEED = 2**60
"""Of imagined patients; a prescriber is not told the cohort's seed, from which the truth could be drawn, and
nobody can choose this one for a cohort: those end at 2^53."""
STRICTNESS = Parameter(
    2e-3,
    "of the model's",
    "ours: biomarkers within 0.5% in 99.9% of days of every drug, where labs are off by 5% and more",
    "assumption",
)


def propagated(model: PatientModel) -> PatientModel:
    """The same model with its approximate propagator, where it has one: smooth in the parameters."""
    if model.approximate is None:
        return model
    return replace(model, **model.approximate._asdict(), approximate=None)


def quick(model: PatientModel) -> PatientModel:
    """The same model with an error that is enough for who is imagined: three to twenty times as fast."""
    found = propagated(model)
    return found if found.day is not None else replace(model, strictness=float(STRICTNESS) * model.strictness)


def prescribed(daily_dose: Floats, first: Integers, days: Integers) -> Floats:
    """Doses of the days from column `first` on, `(n, the most days)`, mg; 0 where none was prescribed.

    Args:
        daily_dose: of `pmrl.envs.visit.History`, `(n, n_days)`.
        first: column of each patient's first day, `(n,)`.
        days: that go by, `(n,)`.
    """
    longest = max(int(days.max(initial=0)), 1)
    column = np.minimum(first[:, None] + np.arange(longest), daily_dose.shape[1] - 1)
    return np.asarray(np.nan_to_num(np.take_along_axis(daily_dose, column, axis=1)))


def live(
    model: PatientModel,
    seed: int,
    ids: Integers,
    parameters: Floats,
    states: Floats,
    shares: Floats,
    occasion_sd: float,
    day: Integers,
    doses: Floats,
    days: Integers,
    by: tuple[Floats, Floats] | None = None,
) -> World:
    """Let imagined patients live `days` from `day` on; `states` are moved on in place.

    Args:
        model: their equations.
        seed: of adherence and occasions.
        ids: to which the random numbers belong, `(n,)`; patients who share one share their luck.
        parameters: `(n, n_parameters)`.
        states: `(n, n_states)`.
        shares: of days missed and doubled, `(n, 2)`.
        occasion_sd: log-SD between occasions.
        day: today, `(n,)`.
        doses: prescribed for each coming day, mg, `(n, any)`; the last goes on.
        days: that go by, `(n,)`.
        by: multipliers of clearance and sensitivity on each day from day 0 on, `(n, n_days)` each.

    Returns:
        The world after that; column k of `latent` is the biomarker on day `start + k`, NaN where not lived.
    """
    n, start = ids.size, int(day.min()) if ids.size else 0
    width = int((day + days).max()) - start if n else 0
    clearance_by, sensitivity_by = by or (np.ones((1, 1)), np.ones((1, 1)))
    world = World(
        model=model,
        seed=seed,
        ids=ids,
        parameters=parameters,
        states=states,
        day=day.copy(),
        shares=shares,
        occasion_sd=occasion_sd,
        clearance_by=clearance_by,
        sensitivity_by=sensitivity_by,
        held=np.zeros((1, clearance_by.shape[1]), dtype=np.bool_),
        start=start,
        latent=np.full((n, width + 1), np.nan),
        taken=np.full((n, width), np.nan),
        harm=np.full((n, width if model.harm is not None else 0), np.nan),
    )
    moved = days > 0
    if not moved.all():
        # Who stays today keeps the biomarker of today, which the kernel writes only for days lived.
        still = np.flatnonzero(~moved)
        now = course(model, parameters[still], np.zeros((still.size, 0)), states[still])[0][:, 0]
        world.latent[still, day[still] - start] = now
    world.live(np.ascontiguousarray(doses), np.ascontiguousarray(days))
    return world
