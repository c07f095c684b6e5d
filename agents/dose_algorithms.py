"""Warfarin starting doses by published equation or table, mg/day, from what is known at the visit.

Carriers of CYP2C9 *5, *6, *8 or *11 get less, as CPIC 2017 advises (see `pmrl.dose_equations`).
"""

from __future__ import annotations

import numpy as np

from pmrl import dose_equations
from pmrl.agents.stage import Floats
from pmrl.dose_equations import DAYS_PER_WEEK
from pmrl.envs.visit import Visit


def iwpc(visit: Visit) -> Floats:
    """IWPC pharmacogenetic dose (IWPC 2009, NEJM 360:753), `(n_patients,)`."""
    weekly = dose_equations.iwpc_pharmacogenetic(visit.covariates, visit.genotypes, cpic_rare_alleles=True)
    return weekly / DAYS_PER_WEEK


def iwpc_clinical(visit: Visit) -> Floats:
    """IWPC clinical dose (IWPC 2009, NEJM 360:753), `(n_patients,)`."""
    return dose_equations.iwpc_clinical(visit.covariates, visit.genotypes) / DAYS_PER_WEEK


def iwpc_modified(visit: Visit) -> Floats:
    """IWPC dose with age in years (EU-PACT, Avery 2011), without loading, `(n_patients,)`."""
    return dose_equations.iwpc_modified(visit.covariates, visit.genotypes, cpic_rare_alleles=True)


def eu_pact(visit: Visit) -> Floats:
    """EU-PACT loading doses on days 1-3, then the modified IWPC dose (Avery 2011), `(n_patients, n_days)`.

    Patients who are on the drug already are not loaded.
    """
    maintenance = iwpc_modified(visit)[:, None]
    if visit.established:
        return maintenance
    loading = dose_equations.eu_pact_loading(visit.covariates, visit.genotypes, cpic_rare_alleles=True)
    course = np.hstack([loading, maintenance])
    last = course.shape[1] - 1
    coming = np.minimum(visit.day[:, None] + np.arange(last + 1), last)
    return np.take_along_axis(course, coming, axis=1)


def gage(visit: Visit) -> Floats:
    """Gage pharmacogenetic dose (Gage 2008, Clin Pharmacol Ther 84:326), `(n_patients,)`."""
    return dose_equations.gage_pharmacogenetic(
        visit.covariates, visit.genotypes, target_inr=visit.therapy.target, cpic_rare_alleles=True
    )


def gage_clinical(visit: Visit) -> Floats:
    """Gage clinical dose (Gage 2008, Clin Pharmacol Ther 84:326), `(n_patients,)`."""
    return dose_equations.gage_clinical(visit.covariates, visit.genotypes, target_inr=visit.therapy.target)


def fda_table(visit: Visit) -> Floats:
    """The label's table by VKORC1 and CYP2C9 (mid-points of its bands), `(n_patients,)`."""
    return dose_equations.fda_table(visit.covariates, visit.genotypes)
