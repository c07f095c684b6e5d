"""Warfarin: INR 2-3 from genotype-blind induction to maintenance."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pmrl.dose_equations import iwpc_modified
from pmrl.envs.therapy import DoseGrid, Therapy, VisitSchedule
from pmrl.parameter import Parameter

_INDUCTION_DAYS = (0, 2, 4, 7, 10, 14)
_MAINTENANCE_DAYS = 7


def _dose_estimate(
    covariates: Mapping[str, NDArray[np.float64]], genotypes: Mapping[str, NDArray[np.int8]]
) -> NDArray[np.float64]:
    """The EU-PACT form of the IWPC equation: it has no race term; clinical where the genotype is unknown."""
    return iwpc_modified(covariates, genotypes, cpic_rare_alleles=True)


THERAPY = Therapy(
    id="pmrl/Warfarin-v1",
    drug="warfarin",
    version=1,
    biomarker="INR",
    biomarker_unit="",
    biomarker_range=(0.5, 20.0),
    target_low=2.0,
    target_high=3.0,
    grid=DoseGrid(0.0, 15.0, 0.5, "mg/day"),
    schedule=VisitSchedule(_INDUCTION_DAYS, _MAINTENANCE_DAYS),
    horizon_days=90,
    intervals=(1, 2, 3, 5, 7, 14, 28),
    standard_dose=5.0,
    safety_limits={"inr_above_4": 4.0, "inr_above_5": 5.0},
    models=("hamberg-2010", "hamberg-2007", "ohara-2014", "xia-2024"),
    features=("age", "weight_kg", "height_cm", "female", "amiodarone", "enzyme_inducer"),
    genes=(("CYP2C9", "*2"), ("CYP2C9", "*3"), ("VKORC1", "A")),
    dose_estimate=_dose_estimate,
    parameters={
        "target_low": Parameter(2.0, "INR", "atrial fibrillation and venous thrombosis, ACCP 2012", "recalled"),
        "target_high": Parameter(3.0, "INR", "atrial fibrillation and venous thrombosis, ACCP 2012", "recalled"),
        "dose_step": Parameter(0.5, "mg/day", "Anzabi Zadeh 2023: 0-15 mg by 0.5 (ReiL)", "published"),
        "dose_maximum": Parameter(15.0, "mg/day", "Anzabi Zadeh 2023: 0-15 mg by 0.5 (ReiL)", "published"),
        "horizon_days": Parameter(90.0, "days", "Anzabi Zadeh 2023 and Ravvaz 2017 (ReiL)", "published"),
        "standard_dose": Parameter(5.0, "mg/day", "Finkelman 2011 comparator; ACCP 2012", "published"),
        "schedule": Parameter(
            _MAINTENANCE_DAYS, "days", "days 0, 2, 4, 7, 10, 14, then weekly: frozen with issue 2", "assumption"
        ),
    },
)
