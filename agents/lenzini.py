"""Lenzini's refinement: the maintenance dose re-estimated from the INR of day 4 or 5.

Lenzini 2010, Clin Pharmacol Ther 87:572. The equation is `pmrl.dose_equations.lenzini_refinement`.
"""

from __future__ import annotations

import numpy as np

from pmrl.agents.stage import Floats
from pmrl.dose_equations import lenzini_refinement
from pmrl.envs.visit import Prescription, Visit

SOURCE = "Lenzini 2010, Clin Pharmacol Ther 87:572, on day 4 or 5"
FIRST_DAY = 3
LAST_DAY = 4
"""Protocol days 4 and 5 are episode days 3 and 4."""
NEXT_FIRST_DAY = 5
"""Protocol day 6, when the next protocol takes over."""
_DAYS_BACK = np.array([2, 3, 4])


class Lenzini:
    """The refinement as a stage: refined at a visit on day 4 or 5 with an INR, else the dose goes on."""

    def start(self, visit: Visit) -> None:
        """Nothing to forget."""

    def prescribe(self, visit: Visit, current: Floats, lab: Floats) -> Prescription:
        """The refined dose; see `Stage`."""
        due = (visit.day >= FIRST_DAY) & (visit.day <= LAST_DAY) & np.isfinite(lab)
        refined = lenzini_refinement(
            visit.covariates,
            visit.genotypes,
            lab,
            past_doses(visit),
            target_inr=visit.therapy.target,
            cpic_rare_alleles=True,
        )
        return Prescription.constant(np.where(due & (not visit.established), refined, current))


def past_doses(visit: Visit) -> Floats:
    """Doses prescribed 2, 3 and 4 days ago, mg, `(n_patients, 3)`; 0 before the start."""
    day = visit.day[:, None] - _DAYS_BACK
    given = visit.history.daily_dose
    doses = np.take_along_axis(given, np.clip(day, 0, given.shape[1] - 1), axis=1)
    return np.where((day >= 0) & np.isfinite(doses), doses, 0.0)
