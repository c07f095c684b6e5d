"""Efavirenz: a level of 1-4 mg/L that holds HIV down and lets the patient sleep, by CYP2B6.

## Description
An adult with HIV starts efavirenz and is seen at clinic visits. At each visit the agent sees the level in
plasma midway between two doses and everything the clinic has written down, and chooses the daily dose until
the next visit. Below 1 mg/L the virus comes back, above 4 the patient sleeps badly and is dizzy. Carriers of
two CYP2B6*6 clear the drug a third as fast as others, and half of their levels on the standard dose are above
6. Elimination is linear and the genotype says most of the dose: if all of them are taken, CPIC's start is in
range on 96% of days, and with monitoring nearly always. Most other days follow missed doses, which no dose
makes good. That leaves a policy little to learn.
Research use only, never for patient care.

`gymnasium.make("pmrl.envs:pmrl/Efavirenz-v1")` treats one patient at a time;
`gymnasium.make_vec("pmrl.envs:pmrl/Efavirenz-v1", num_envs=1024)` is a native batch.

## Action Space
The dose is one of 0, 50, 100, 200, 300, 400, 600, 800 mg/day and is taken once a day until the next visit:
up to three units of 50, 200 and 600 mg make every one.

| `actions` | space | meaning |
|---|---|---|
| "continuous" | Box(-1, 1, (1,)) | -1 is 0 mg/day, 1 is 800 mg/day, rounded to the grid |
| "discrete" | Discrete(8) | level k is the k-th dose of the list, from 0 on |
| "relative" | Discrete(15) | 0 holds the drug; else 0.5 to 2 times the last dose above 0 (`RELATIVE_STEPS`) |

With `choose_interval` the action also chooses the days until the next visit from 7, 14, 28, 56, 84: a second
Box dimension, a MultiDiscrete([levels, 5]), or with `flatten` one Discrete(levels x 5).

## Observation Space
Box of 29 features in physical units, float32, by name in `env.feature_names`; see `pmrl.envs.warfarin`.

| feature | unit | minimum | maximum | meaning |
|---|---|---|---|---|
| day | days | 0 | `days` | since the start of the episode |
| next_interval | days | 0 | `days` | until the next visit on the schedule |
| visits | number | 0 | `days` + 4 | visits so far, with today's |
| dose_estimate | mg/day | 0 | 1600 | CPIC's start: 600, 400 or 200 by copies of CYP2B6*6 |
| lab_1 ... lab_5 | mg/L | 0 | 50 | level 12 h before the dose of the visit |
| dose_1 ... dose_5 | mg/day | 0 | 800 | prescribed at the visit before it |
| interval_1 ... interval_5 | days | 0 | max(`days`, 28) | since the visit before it |
| age | years | 18 | 90 | |
| female | 0/1 | 0 | 1 | |
| weight_kg | kg | 30 | 160 | |
| ggt_u_l | U/L | 1 | 2000 | gamma-glutamyltransferase on day 0 |
| <covariate>_known | 0/1 | 0 | 1 | one after each covariate |
| CYP2B6_known | 0/1 | 0 | 1 | typed |
| CYP2B6 *6 | copies | 0 | 2 | |

## Rewards
The sum of named terms times `reward_weights`, in days since the last visit; the true level counts.

| term | default weight | meaning |
|---|---|---|
| in_range | 1 | days with a level of 1-4 mg/L, bounds included |
| below | 0 | days below 1 |
| above | 0 | days above 4 |
| unsafe | -0.5 | days above 4 mg/L or below 1: whatever is out of range |
| squared_log_deviation | 0 | sum over days of ln(level / 2.5)^2, no unit |
| visit | 0 | 1 for every visit |
| harm | 0 | never: the model knows no harm beyond the biomarker |

## Starting State
As in `pmrl.envs.warfarin`; the patients are drawn (`pmrl.models.efavirenz_population`), in three parts that
share none: "train", "validation" and "test".

## Episode End
Never terminated; truncated on day `days`, 336 by default. Visits are on days 0, 14, 28, 56 and 84, then every
84 days.

## Arguments
Those of `pmrl.envs.dosing`. No interacting drug is modelled, and diet does not matter.

## References
- Sanchez et al. 2011, Antimicrob Agents Chemother 55:5616 (patient model).
- Marzolini et al. 2001, AIDS 15:71 (target range).
- CPIC guideline for CYP2B6 and efavirenz, 2019 (starting doses).

## Version History
- v1: first version.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pmrl.envs.safety_event import SafetyEvent
from pmrl.envs.therapy import DoseGrid, Therapy, VisitSchedule
from pmrl.genetics import allele_count
from pmrl.models.efavirenz_population import POPULATION
from pmrl.parameter import Parameter
from pmrl.variability import Variability

_CPIC = "CPIC guideline for CYP2B6 and efavirenz, 2019"
_MARZOLINI = "Marzolini 2001, AIDS 15:71, abstract"
_FORMS = "clinicalinfo.hiv.gov, 2023: capsules of 50 and 200 mg, tablets of 600"
_LABEL = "label: the dose beside rifampicin, from memory"
STANDARD = Parameter(600.0, "mg/day", _CPIC, "guideline")
ONE_6 = Parameter(400.0, "mg/day, *1/*6", _CPIC, "guideline")
TWO_6 = Parameter(200.0, "mg/day, *6/*6", f"{_CPIC}: 400 or 200", "guideline")
_FAILURE = Parameter(1.0, "mg/L", f"{_MARZOLINI}: virological failure in half of those below", "published")
_NERVOUS = Parameter(4.0, "mg/L", f"{_MARZOLINI}: central nervous effects three times as often", "published")
_ASSAY = Parameter(
    0.168, "log-SD", "Sanchez 2011: residual error 16.8%, from a public code port", "published"
)
_OCCASION = Parameter(0.0, "log-SD of CL/F", "Sanchez 2011 has no change between occasions", "assumption")
_LISTED = (0.0, 50.0, 100.0, 200.0, 300.0, 400.0, float(STANDARD), 800.0)
_DAYS = Parameter(336.0, "days", "48 weeks, as HIV trials last, from memory", "recalled")


def cpic_start(
    covariates: Mapping[str, NDArray[np.float64]], genotypes: Mapping[str, NDArray[np.int8]]
) -> NDArray[np.float64]:
    """CPIC's starting dose, mg/day, `(n_patients,)`; the standard dose where not typed.

    >>> from pmrl.genetics import GENES
    >>> cpic_start({}, {"CYP2B6": GENES["CYP2B6"].parse_all(["*1/*1", "*1/*6", "*6/*6", ""])}).tolist()
    [600.0, 400.0, 200.0, 600.0]
    """
    copies = np.nan_to_num(allele_count(genotypes["CYP2B6"], "CYP2B6", "*6")).astype(np.int64)
    return np.array([float(STANDARD), float(ONE_6), float(TWO_6)])[copies]


THERAPY = Therapy(
    id="pmrl/Efavirenz-v1",
    drug="efavirenz",
    version=1,
    biomarker="efavirenz",
    biomarker_unit="mg/L",
    biomarker_range=(0.0, 50.0),
    target_low=float(_FAILURE),
    target_high=float(_NERVOUS),
    grid=DoseGrid.listed(_LISTED, "mg/day"),
    schedule=VisitSchedule((0, 14, 28, 56, 84), 84),
    horizon_days=int(_DAYS.value),
    intervals=(7, 14, 28, 56, 84),
    standard_dose=float(STANDARD),
    safety_events={
        "above_4": SafetyEvent(float(_NERVOUS)),
        "below_1": SafetyEvent(float(_FAILURE), above=False),
    },
    models=("sanchez-2011",),
    features=("age", "female", "weight_kg", "ggt_u_l"),
    genes=(("CYP2B6", "*6"),),
    dose_estimate=cpic_start,
    population=POPULATION,
    variability=Variability(occasion_sd=float(_OCCASION), assay_sd=float(_ASSAY)),
    caveats=(
        "Viral load, resistance and sleep are not simulated: the level stands for them.",
        "Clearance is that of steady state from day 0 on: that efavirenz speeds up its own elimination in "
        "the first weeks is left out.",
        "Only CYP2B6*6 is told apart: *18, frequent in Africa and without function, counts as *1.",
        "The whole residual error of the published model counts as error of the lab.",
        "Every day out of range is a safety event, so days in range and safety say the same thing.",
        "Missed doses are as frequent as was measured with warfarin; the model's patients took over 90%.",
    ),
    parameters={
        "target_low": _FAILURE,
        "target_high": _NERVOUS,
        "standard_dose": STANDARD,
        "one_6_dose": ONE_6,
        "two_6_dose": TWO_6,
        "assay_sd": _ASSAY,
        "occasion_sd": _OCCASION,
        "dose_step": Parameter(min(_LISTED[1:]), "mg/day, the smallest", _FORMS, "published"),
        "dose_maximum": Parameter(max(_LISTED), "mg/day", _LABEL, "recalled"),
        "horizon_days": _DAYS,
        "schedule": Parameter(
            84.0, "days", "standard texts, from memory: weeks 2, 4, 8 and 12, then three-monthly", "recalled"
        ),
    },
)
