"""Worlds to live in, of real patients and of a probe whose biomarker is its own parameter."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pmrl.adherence import FULL, Adherence
from pmrl.cohort import Cohort
from pmrl.compiled import BIOMARKER, DAY, PREPARE, of_model
from pmrl.disturbance import Disturbances
from pmrl.model import PatientModel
from pmrl.models.registry import model
from pmrl.world import World

Floats = NDArray[np.float64]
REAL = model("hamberg-2010")
_CLEARANCE, _SENSITIVITY = REAL.column(REAL.clearance), REAL.column(REAL.sensitivity)


@of_model(PREPARE)
def _keep(p, c):
    c[0] = p[0]


@of_model(DAY)
def _nothing(t, y, p, c):
    y[0] += 0.0


@of_model(BIOMARKER)
def _clearance(y, p):
    return p[_CLEARANCE]


@of_model(BIOMARKER)
def _sensitivity(y, p):
    return p[_SENSITIVITY]


CLEARANCE = replace(REAL, prepare=_keep, day=_nothing, biomarker=_clearance, n_constants=1)
"""A model whose biomarker is the clearance the day was lived with."""
SENSITIVITY = replace(CLEARANCE, biomarker=_sensitivity)
"""A model whose biomarker is the sensitivity (EC50) the day was lived with."""


def world(
    ids: NDArray[np.int64],
    n_days: int = 70,
    patients: PatientModel = REAL,
    seed: int = 3,
    adherence: Adherence = FULL,
    occasion_sd: float = 0.0,
    events: Disturbances | None = None,
    start: int = 0,
) -> World:
    """A world of patients `ids`, drug-free on day `start`; probes have clearance and sensitivity 1."""
    n = ids.size
    p = np.ones((n, len(patients.parameters)))
    if patients is REAL:
        everybody = Cohort.sample(int(ids.max()) + 1, seed)
        p = patients.patients(everybody.take(ids))
    if events is None:
        one = np.ones((1, n_days))
        events = Disturbances(one, one, np.zeros((1, n_days), dtype=np.bool_))
    w = World(
        model=patients,
        seed=seed,
        ids=np.ascontiguousarray(ids),
        parameters=p,
        states=patients.initial(p),
        day=np.full(n, start, dtype=np.int64),
        shares=adherence.shares(seed, ids),
        occasion_sd=occasion_sd,
        clearance_by=events.clearance,
        sensitivity_by=events.sensitivity,
        held=events.held,
        start=start,
        latent=np.full((n, n_days - start + 1), np.nan),
        taken=np.full((n, n_days - start), np.nan),
        harm=np.full((n, n_days - start if patients.harm is not None else 0), np.nan),
    )
    w.latent[:, 0] = 1.0
    return w


def lived(w: World, dose: float, days: int, at_a_time: int | None = None) -> World:
    """The world after so many days of a constant prescription, lived in portions."""
    n = w.ids.size
    left = days
    while left > 0:
        portion = min(at_a_time or left, left)
        w.live(np.full((n, 1), dose), np.full(n, portion, dtype=np.int64))
        left -= portion
    return w
