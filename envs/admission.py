"""How patients come into a clinic: drug-free on day 0, or after weeks on a stable dose."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pmrl.disturbance import Disturbances
from pmrl.envs import fault
from pmrl.failure import SimulationError
from pmrl.solve import course

if TYPE_CHECKING:
    from pmrl.envs.clinic import Clinic

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
LEAD_IN_DAYS = 56
"""Days on the stable dose before day 0: long enough for a steady state, also in poor metabolisers."""
LEAD_IN_VISITS = (-28, -14)
"""Days of the visits that an established patient brings along."""


def admit(clinic: Clinic, ids: NDArray[np.int64], rows: Rows) -> None:
    """Put patients `ids` into `rows`, each at the start of an episode; other rows stay as they are.

    Raises:
        NotANumberError: a parameter of one is none.
        SimulationError: the equations of one cannot be solved.
    """
    block, index = clinic.source.get(ids)
    world = clinic.world
    world.seed = int(block.cohort.seed)
    clinic.patient[rows] = ids
    world.ids[rows] = block.cohort.ids[index]
    world.parameters[rows] = block.parameters[index]
    world.states[rows] = block.states[index]
    world.shares[rows] = block.shares[index]
    world.day[rows] = clinic.start
    clinic.dose_estimate[rows] = block.dose_estimate[index]
    _disturb(clinic, block.events, index, rows)
    for name, values in block.known_covariates.items():
        clinic.known_covariates.setdefault(name, np.full(clinic.n, np.nan))[rows] = values[index]
    for gene, codes in block.known_genotypes.items():
        clinic.known_genotypes.setdefault(gene, np.full((clinic.n, 2), -1, dtype=np.int8))[rows] = codes[
            index
        ]
    for record in (
        clinic.at,
        clinic.lab,
        clinic.dose,
        clinic.interval,
        clinic.prescribed,
        world.latent,
        world.taken,
        world.harm,
    ):
        record[rows] = np.nan
    clinic.count[rows] = 0
    fault.require_parameters(clinic, rows)
    try:
        world.latent[rows, 0] = course(
            clinic.model, block.parameters[index], np.zeros((rows.size, 0)), block.states[index]
        )[0][:, 0]
    except SimulationError as error:
        raise fault.named_at_admission(error, clinic, rows) from None
    came = np.zeros(clinic.n, dtype=np.int64)
    came[rows] = 1
    if clinic.start < 0:
        _lead_in(clinic, block.stable_dose[index], rows, came)
    else:
        clinic.arrive(came)


def _disturb(clinic: Clinic, events: Disturbances, index: Rows, rows: Rows) -> None:
    """Take over each patient's own multipliers; a scenario without a disturbance shares one row."""
    world = clinic.world
    for mine, theirs, own in (
        (world.clearance_by, events.clearance, clinic.scenario.interaction is not None),
        (world.sensitivity_by, events.sensitivity, clinic.scenario.vitamin_k > 0.0),
        (world.held, events.held, clinic.scenario.surgery),
    ):
        if own:
            mine[rows] = theirs[index]


def _lead_in(clinic: Clinic, stable_dose: Floats, rows: Rows, came: Rows) -> None:
    """Live before day 0 on the stable dose, with the visits of an established patient.

    `came`, `(n,)`, is 1 in `rows` and 0 elsewhere.
    """
    doses = np.zeros((clinic.n, 1))
    doses[rows, 0] = stable_dose
    unseen = LEAD_IN_VISITS[0] - clinic.start
    clinic.prescribed[rows, :unseen] = doses[rows]
    try:
        clinic.world.live(doses, unseen * came)
    except SimulationError as error:
        raise fault.recorded(error, clinic, error.row, "equations") from None
    clinic.arrive(came)
    for day, following in pairwise((*LEAD_IN_VISITS, 0)):
        clinic.accompany(doses, (following - day) * came)
