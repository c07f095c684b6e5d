"""Phenytoin: a level of 10-20 mg/L against seizures, through saturable elimination.

## Description
An adult with epilepsy starts phenytoin and is seen at clinic visits. At each visit the agent sees the level
in serum and everything the clinic has written down, and chooses the daily dose until the next visit.
Elimination is saturable: near its limit a small step of the dose moves the level far and late, and above it
there is no steady state. CYP2C9, CYP2C19 and weight shift the limit; most of it nobody sees.
Research use only, never for patient care.

`gymnasium.make("pmrl.envs:pmrl/Phenytoin-v1")` treats one patient at a time;
`gymnasium.make_vec("pmrl.envs:pmrl/Phenytoin-v1", num_envs=1024)` is a native batch.

## Action Space
The dose, as sodium salt, is 0 to 600 mg/day in steps of 30 and is taken every day, in two halves, until the
next visit: 30 mg capsules make every level.

| `actions` | space | meaning |
|---|---|---|
| "continuous" | Box(-1, 1, (1,)) | -1 is 0 mg/day, 1 is 600 mg/day, rounded to the grid |
| "discrete" | Discrete(21) | level k is 30 k mg/day |
| "relative" | Discrete(15) | 0 holds the drug; else 0.5 to 2 times the last dose above 0 (`RELATIVE_STEPS`) |

With `choose_interval` the action also chooses the days until the next visit from 3, 7, 14, 28, 56: a second
Box dimension, a MultiDiscrete([levels, 5]), or with `flatten` one Discrete(levels x 5).

## Observation Space
Box of 31 features in physical units, float32, by name in `env.feature_names`; see `pmrl.envs.warfarin`.

| feature | unit | minimum | maximum | meaning |
|---|---|---|---|---|
| day | days | 0 | `days` | since the start of the episode |
| next_interval | days | 0 | `days` | until the next visit on the schedule |
| visits | number | 0 | `days` + 4 | visits so far, with today's |
| dose_estimate | mg/day | 0 | 1200 | CPIC's start: 5 mg/kg, less by CYP2C9 |
| lab_1 ... lab_5 | mg/L | 0 | 100 | level seen at the visit |
| dose_1 ... dose_5 | mg/day | 0 | 600 | prescribed at the visit before it |
| interval_1 ... interval_5 | days | 0 | max(`days`, 28) | since the visit before it |
| age | years | 18 | 90 | |
| weight_kg | kg | 35 | 160 | |
| female | 0/1 | 0 | 1 | |
| <covariate>_known | 0/1 | 0 | 1 | one after each covariate |
| CYP2C9_known | 0/1 | 0 | 1 | typed |
| CYP2C19_known | 0/1 | 0 | 1 | typed |
| CYP2C9 *2 | copies | 0 | 2 | |
| CYP2C9 *3 | copies | 0 | 2 | |
| CYP2C19 *2 | copies | 0 | 2 | |
| CYP2C19 *3 | copies | 0 | 2 | |

## Rewards
The sum of named terms times `reward_weights`, in days since the last visit; the true level counts.

| term | default weight | meaning |
|---|---|---|
| in_range | 1 | days with a level of 10-20 mg/L, bounds included |
| below | 0 | days below 10 |
| above | 0 | days above 20 |
| unsafe | -0.5 | days above 30 mg/L, where ataxia begins |
| squared_log_deviation | 0 | sum over days of ln(level / 15)^2, no unit |
| visit | 0 | 1 for every visit |
| harm | 0 | never: the model knows no harm beyond the biomarker |

## Starting State
As in `pmrl.envs.warfarin`; the patients are drawn (`pmrl.models.phenytoin_population`), in three parts that
share none: "train", "validation" and "test".

## Episode End
Never terminated; truncated on day `days`, 182 by default. Visits are on days 0, 7, 14 and 21, then every 28
days.

## Arguments
Those of `pmrl.envs.dosing`. No interacting drug is modelled, and diet does not matter.

## References
- Clin Pharmacokinet 1983;8:355; Mamiya et al. 1998, Epilepsia 39:1317 (patient model).
- CPIC guideline for CYP2C9, HLA-B and phenytoin, 2020 update (starting doses).

## Version History
- v1: first version.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pmrl.dose_rules_phenytoin import cpic_start
from pmrl.envs.safety_event import SafetyEvent
from pmrl.envs.therapy import DoseGrid, Therapy, VisitSchedule
from pmrl.models.phenytoin_population import POPULATION
from pmrl.parameter import Parameter
from pmrl.variability import Variability

_MEMORY = "standard texts, from memory"
_TARGET_LOW, _TARGET_HIGH = (Parameter(level, "mg/L", _MEMORY, "recalled") for level in (10.0, 20.0))
_NYSTAGMUS, _ATAXIA, _STUPOR = (Parameter(level, "mg/L", _MEMORY, "recalled") for level in (20.0, 30.0, 40.0))
_STANDARD = Parameter(300.0, "mg/day", _MEMORY + ": the usual adult dose", "recalled")
_ASSAY = Parameter(0.103, "log-SD", "Yukawa 1990: residual error 10.3%", "published")
_OCCASION = Parameter(0.0, "log-SD of Vmax", "no published change between occasions", "assumption")
_STEP = Parameter(30.0, "mg/day", "30 mg capsules", "recalled")
_MOST = Parameter(600.0, "mg/day", _MEMORY, "recalled")
_DAYS = Parameter(182.0, "days", "half a year, within the 6 to 12 months of follow-up", "assumption")


def _dose_estimate(
    covariates: Mapping[str, NDArray[np.float64]], genotypes: Mapping[str, NDArray[np.int8]]
) -> NDArray[np.float64]:
    """CPIC's starting dose."""
    return cpic_start(covariates["weight_kg"], genotypes["CYP2C9"])


THERAPY = Therapy(
    id="pmrl/Phenytoin-v1",
    drug="phenytoin",
    version=1,
    biomarker="phenytoin",
    biomarker_unit="mg/L",
    biomarker_range=(0.0, 100.0),
    target_low=float(_TARGET_LOW),
    target_high=float(_TARGET_HIGH),
    grid=DoseGrid(0.0, float(_MOST), float(_STEP), "mg/day"),
    schedule=VisitSchedule((0, 7, 14, 21), 28),
    horizon_days=int(_DAYS.value),
    intervals=(3, 7, 14, 28, 56),
    standard_dose=float(_STANDARD),
    safety_events={
        "above_30": SafetyEvent(float(_ATAXIA)),
        "above_20": SafetyEvent(float(_NYSTAGMUS)),
        "above_40": SafetyEvent(float(_STUPOR)),
    },
    models=("michaelis-menten-1983",),
    features=("age", "weight_kg", "female"),
    genes=(("CYP2C9", "*2"), ("CYP2C9", "*3"), ("CYP2C19", "*2"), ("CYP2C19", "*3")),
    dose_estimate=_dose_estimate,
    population=POPULATION,
    variability=Variability(occasion_sd=float(_OCCASION), assay_sd=float(_ASSAY)),
    caveats=(
        "Seizures and allergic reactions (HLA-B*15:02) are not simulated.",
        "The level is of total phenytoin: protein binding is taken to be normal.",
        "The spread of levels on one dose is wider than was seen in patients, by the published spread of Km.",
    ),
    parameters={
        "target_low": _TARGET_LOW,
        "target_high": _TARGET_HIGH,
        "nystagmus": _NYSTAGMUS,
        "ataxia": _ATAXIA,
        "stupor": _STUPOR,
        "standard_dose": _STANDARD,
        "assay_sd": _ASSAY,
        "occasion_sd": _OCCASION,
        "dose_step": _STEP,
        "dose_maximum": _MOST,
        "horizon_days": _DAYS,
        "schedule": Parameter(28.0, "days", "weekly three times, then monthly: " + _MEMORY, "recalled"),
    },
)
