"""Warfarin: an INR of 2-3 from the first dose to maintenance.

## Description
A patient starts warfarin (or comes on a stable dose) and is seen at clinic visits. At each visit the agent
sees the INR and everything the clinic has written down, and chooses the daily dose until the next visit. How
a patient responds follows from CYP2C9, VKORC1, age, weight and interacting drugs through a published model,
with differences between patients and weeks that nobody sees, missed and doubled doses, and an inexact assay.
Research use only, never for patient care.

`gymnasium.make("pmrl.envs:pmrl/Warfarin-v1")` treats one patient at a time;
`gymnasium.make_vec("pmrl.envs:pmrl/Warfarin-v1", num_envs=1024)` is a native batch.

## Action Space
The dose is 0 to 15 mg/day in steps of 0.5 and is taken every day until the next visit.

| `actions` | space | meaning |
|---|---|---|
| "continuous" | Box(-1, 1, (1,)) | -1 is 0 mg/day, 1 is 15 mg/day, rounded to the grid |
| "discrete" | Discrete(31) | level k is 0.5 k mg/day |
| "relative" | Discrete(15) | 0 holds the drug; else 0.5 to 2 times the last dose above 0 (`RELATIVE_STEPS`) |

With `choose_interval` the action also chooses the days until the next visit from 1, 2, 3, 5, 7, 14, 28: a
second Box dimension, a MultiDiscrete([levels, 7]), or with `flatten` one Discrete(levels x 7).

## Observation Space
Box of 36 features in physical units, float32, by name in `env.feature_names`. Visit 1 is today's, 2 the one
before, up to 5; what has not happened yet is 0. A covariate that was not recorded is replaced by a usual
value and its `_known` feature is 0; the alleles of a gene that was not typed are 0.

| feature | unit | minimum | maximum | meaning |
|---|---|---|---|---|
| day | days | 0 | `days` | since the start of the episode |
| next_interval | days | 0 | `days` | until the next visit on the schedule |
| visits | number | 0 | `days` + 4 | visits so far, with today's |
| dose_estimate | mg/day | 0 | 30 | IWPC equation in its EU-PACT form; clinical where not typed |
| lab_1 ... lab_5 | INR | 0 | 20 | result seen at the visit |
| dose_1 ... dose_5 | mg/day | 0 | 15 | prescribed at the visit before it |
| interval_1 ... interval_5 | days | 0 | max(`days`, 28) | since the visit before it |
| age | years | 0 | 110 | |
| weight_kg | kg | 20 | 300 | |
| height_cm | cm | 100 | 230 | |
| female | 0/1 | 0 | 1 | |
| amiodarone | 0/1 | 0 | 1 | taken on day 0 |
| enzyme_inducer | 0/1 | 0 | 1 | rifampicin, carbamazepine or phenytoin on day 0 |
| <covariate>_known | 0/1 | 0 | 1 | one after each covariate |
| CYP2C9_known | 0/1 | 0 | 1 | typed |
| VKORC1_known | 0/1 | 0 | 1 | typed |
| CYP2C9 *2 | copies | 0 | 2 | |
| CYP2C9 *3 | copies | 0 | 2 | |
| VKORC1 A | copies | 0 | 2 | of -1639 A, rs9923231 |

## Rewards
The sum of named terms times `reward_weights`; the terms of a step are in `info["reward_terms"]`, in days
since the last visit where nothing else is said. True INR counts, not the lab's.

| term | default weight | meaning |
|---|---|---|
| in_range | 1 | days with INR 2-3, bounds included |
| below | 0 | days with INR below 2 |
| above | 0 | days with INR above 3 |
| unsafe | -0.5 | days with INR above 4 |
| squared_log_deviation | 0 | sum over days of ln(INR / 2.5)^2, no unit |
| visit | 0 | 1 for every visit |
| harm | 0 | never: the model knows no harm beyond the biomarker |

`info["cost"]` is the days with INR above 4. `info` also has `day`, `patient` (id), `latent` (true INR) and
after a step `dose` (mg/day): for people, safety layers and oracles, never for an agent to see.

## Starting State
After `reset(seed=s)` patient 0 of cohort seed s, then 1, 2, ...; in a batch of n, row k is patient k, then
k + n, ...; `reset(options={"patients": ids, "rows": rows})` chooses. A patient of a seed is the same
whatever the batch, the order and the doses. On "induction" the drug is new; "established" patients have been
on their stable dose for 56 days, with visits on days -28 and -14.

## Episode End
Never terminated; truncated on day `days`. Visits are on days 0, 2, 4, 7, 10, 14, then weekly. A batch starts
the next patient in the same step (SAME_STEP autoreset), with `final_obs` and `final_info` of the last.

## Arguments
Those of `pmrl.envs.dosing`. `interaction` may be "amiodarone" or "antibiotic"; `vitamin_k` swings EC50.

## References
- Hamberg et al. 2010, Clin Pharmacol Ther 87:727 (default patient model); the other models in `pmrl.models`.
- IWPC 2009, N Engl J Med 360:753 (patients and dose equation); Pirmohamed et al. 2013, N Engl J Med 369:2294
  (EU-PACT).
- Kimmel et al. 2007, Arch Intern Med 167:229 (adherence). Anzabi Zadeh et al. 2023 (dose grid, horizon).

## Version History
- v1: first version. Its default scenario was frozen before any shipped policy was trained.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pmrl import variability
from pmrl.dose_equations import iwpc_modified
from pmrl.envs.safety_event import SafetyEvent
from pmrl.envs.therapy import DoseGrid, Therapy, VisitSchedule
from pmrl.iwpc import RecordedPopulation
from pmrl.parameter import Parameter

_INDUCTION_DAYS = (0, 2, 4, 7, 10, 14)
_MAINTENANCE_DAYS = 7
_INDICATION = "atrial fibrillation and venous thrombosis, ACCP 2012"


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
    safety_events={"inr_above_4": SafetyEvent(4.0), "inr_above_5": SafetyEvent(5.0)},
    models=("hamberg-2010", "hamberg-2007", "ohara-2014", "xia-2024"),
    features=("age", "weight_kg", "height_cm", "female", "amiodarone", "enzyme_inducer"),
    genes=(("CYP2C9", "*2"), ("CYP2C9", "*3"), ("VKORC1", "A")),
    dose_estimate=_dose_estimate,
    population=RecordedPopulation(),
    variability=variability.Variability(),
    interactions=("amiodarone", "antibiotic"),
    diet=True,
    estimate_in_sample=True,
    caveats=("Bleeding, clots and death are not simulated.",),
    parameters={
        "occasion_sd": variability.OCCASION_SD,
        "assay_sd": variability.ASSAY_SD,
        "target_low": Parameter(2.0, "INR", _INDICATION, "recalled"),
        "target_high": Parameter(3.0, "INR", _INDICATION, "recalled"),
        "dose_step": Parameter(0.5, "mg/day", "Anzabi Zadeh 2023: 0-15 mg by 0.5 (ReiL)", "published"),
        "dose_maximum": Parameter(15.0, "mg/day", "Anzabi Zadeh 2023: 0-15 mg by 0.5 (ReiL)", "published"),
        "horizon_days": Parameter(90.0, "days", "Anzabi Zadeh 2023 and Ravvaz 2017 (ReiL)", "published"),
        "standard_dose": Parameter(5.0, "mg/day", "Finkelman 2011 comparator; ACCP 2012", "published"),
        "schedule": Parameter(
            _MAINTENANCE_DAYS, "days", "days 0, 2, 4, 7, 10, 14, then weekly", "assumption"
        ),
    },
)
