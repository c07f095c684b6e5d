"""Atorvastatin: LDL cholesterol below 70 mg/dL, against a risk of myopathy that SLCO1B1 raises.

## Description
An adult with high LDL cholesterol starts atorvastatin on day 0. At each visit, every six
weeks, the agent sees LDL and everything the clinic has written down, and chooses the daily dose until the
next visit. The larger the dose, the lower LDL, in smaller and smaller steps; the risk of myopathy rises in
proportion. SLCO1B1 C raises exposure and risk, and leaves LDL alone: the genotype says how much a step costs,
not what it brings.
Research use only, never for patient care.

`gymnasium.make("pmrl.envs:pmrl/Atorvastatin-v1")` treats one patient at a time;
`gymnasium.make_vec("pmrl.envs:pmrl/Atorvastatin-v1", num_envs=1024)` is a native batch.

## Action Space
The dose is 0, 10, 20, 40 or 80 mg/day and is taken every day until the next visit.

| `actions` | space | meaning |
|---|---|---|
| "continuous" | Box(-1, 1, (1,)) | -1 is 0 mg/day, 1 is 80 mg/day, rounded to the grid |
| "discrete" | Discrete(5) | level k is the k-th dose |
| "relative" | Discrete(15) | 0 holds the drug; else 0.5 to 2 times the last dose above 0 (`RELATIVE_STEPS`) |

With `choose_interval` the action also chooses the days until the next visit from 28, 42, 84: a second
Box dimension, a MultiDiscrete([levels, 3]), or with `flatten` one Discrete(levels x 3).

## Observation Space
Box of 25 features in physical units, float32, by name in `env.feature_names`; see `pmrl.envs.warfarin`.

| feature | unit | minimum | maximum | meaning |
|---|---|---|---|---|
| day | days | 0 | `days` | since the start of the episode |
| next_interval | days | 0 | `days` | until the next visit on the schedule |
| visits | number | 0 | `days` + 4 | visits so far, with today's |
| dose_estimate | mg/day | 0 | 160 | 40 within CPIC's limit: 20 with C/C |
| lab_1 ... lab_5 | mg/dL | 0 | 400 | LDL cholesterol seen at the visit |
| dose_1 ... dose_5 | mg/day | 0 | 80 | prescribed at the visit before it |
| interval_1 ... interval_5 | days | 0 | max(`days`, 28) | since the visit before it |
| age | years | 18 | 90 | |
| female | 0/1 | 0 | 1 | |
| <covariate>_known | 0/1 | 0 | 1 | one after each covariate |
| SLCO1B1_known | 0/1 | 0 | 1 | typed |
| SLCO1B1 C | copies | 0 | 2 | |

## Rewards
The sum of named terms times `reward_weights`, in days since the last visit; the true LDL counts.

| term | default weight | meaning |
|---|---|---|
| in_range | 1 | days with LDL of 70 mg/dL or less |
| below | 0 | never: there is no lower end |
| above | 0 | days above 70 |
| unsafe | 0 | never: no LDL is unsafe by itself |
| squared_log_deviation | 0 | sum over days of ln(LDL / 70)^2, no unit |
| visit | 0 | 1 for every visit |
| harm | -7300 | expected myopathies; a myopathy weighs as many days in range |

`info["cost"]` is the expected myopathies.

## Starting State
As in `pmrl.envs.warfarin`; the patients are drawn (`pmrl.models.atorvastatin_population`),
in three parts that share none: "train", "validation" and "test".

## Episode End
Never terminated; truncated on day `days`, 378 by default. Visits are on day 0, then every 42 days.

## Arguments
Those of `pmrl.envs.dosing`. No interacting drug is modelled, and diet does not matter.

## References
- Kakara et al. 2014, doi 10.1111/bcp.12405 (LDL); Stillemans et al. 2022, doi 10.1111/cts.13185 (exposure).
- CPIC guideline for SLCO1B1 and statins (limits by genotype).

## Version History
- v1: first version.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pmrl.dose_rules_atorvastatin import cpic_start
from pmrl.envs.safety_event import HarmEvent
from pmrl.envs.therapy import DoseGrid, Therapy, VisitSchedule
from pmrl.models.atorvastatin_population import POPULATION
from pmrl.parameter import Parameter
from pmrl.variability import Variability

_MEMORY = "lipid guidelines, from memory"
_OURS = "choice of this project"
_TARGET_LOW = Parameter(0.0, "mg/dL", "no lower end: the model knows no harm of little LDL", "assumption")
_TARGET_HIGH = Parameter(70.0, "mg/dL", _MEMORY, "recalled")
_STANDARD = Parameter(20.0, "mg/day", f"{_MEMORY}: moderate intensity", "recalled")
_ASSAY = Parameter(
    0.152, "log-SD", "Kakara 2014: residual error 15.2%, as carried by nlmixr2lib", "published"
)
_OCCASION = Parameter(0.0, "log-SD of ID50", "no published change between occasions", "assumption")
_DOSES = tuple(
    Parameter(mg, "mg/day", "tablet strengths, from memory", "recalled") for mg in (10.0, 20.0, 40.0, 80.0)
)
_DAYS = Parameter(378.0, "days", f"{_OURS}: a year", "assumption")
_PRICE = Parameter(
    7_300.0,
    "days in range per myopathy",
    f"{_OURS}: 36.5 days of life in quality, where a day in range is worth 0.005",
    "assumption",
)


def _dose_estimate(
    covariates: Mapping[str, NDArray[np.float64]], genotypes: Mapping[str, NDArray[np.int8]]
) -> NDArray[np.float64]:
    """CPIC's start."""
    return cpic_start(genotypes["SLCO1B1"])


THERAPY = Therapy(
    id="pmrl/Atorvastatin-v1",
    drug="atorvastatin",
    version=1,
    biomarker="LDL cholesterol",
    biomarker_unit="mg/dL",
    biomarker_range=(0.0, 400.0),
    target_low=float(_TARGET_LOW),
    target_high=float(_TARGET_HIGH),
    aim=float(_TARGET_HIGH),
    grid=DoseGrid.listed((0.0, *map(float, _DOSES)), "mg/day"),
    schedule=VisitSchedule((0,), 42),
    horizon_days=int(_DAYS.value),
    intervals=(28, 42, 84),
    standard_dose=float(_STANDARD),
    safety_events={"myopathy": HarmEvent("myopathy", once=True)},
    models=("kakara-2014",),
    features=("age", "female"),
    genes=(("SLCO1B1", "C"),),
    dose_estimate=_dose_estimate,
    population=POPULATION,
    variability=Variability(occasion_sd=float(_OCCASION), assay_sd=float(_ASSAY)),
    reward_weights={"in_range": 1.0, "harm": -float(_PRICE)},
    largest_dose_wins=(
        "More atorvastatin lowers LDL up to the largest dose: on days in range the largest dose wins. What "
        "it costs is in the expected myopathies; at the price that the reward sets on one it still does well."
    ),
    caveats=(
        "Heart attacks and strokes are not simulated: LDL stands for them.",
        "The rate of myopathy, its rise with SLCO1B1 C beyond exposure (1 to 4.5 times per "
        "allele are possible) and the "
        "price of one are assumptions: what genotype is worth here follows from them.",
        "Ezetimibe, which would be added where atorvastatin is not enough, is not there.",
        "As published, from Japanese patients, the model overpredicts small doses; the default "
        "set is our calibration.",
        "The whole residual error of the published model counts as error of the lab, which is more than an "
        "assay's own.",
    ),
    parameters={
        "target_low": _TARGET_LOW,
        "target_high": _TARGET_HIGH,
        "standard_dose": _STANDARD,
        "assay_sd": _ASSAY,
        "occasion_sd": _OCCASION,
        **{f"tablet_{float(mg):g}": mg for mg in _DOSES},
        "horizon_days": _DAYS,
        "price_of_harm": _PRICE,
        "schedule": Parameter(42.0, "days", f"{_MEMORY}: 4 to 12 weeks after a change", "recalled"),
    },
)
