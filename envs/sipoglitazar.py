"""Sipoglitazar (a research compound, never marketed): HbA1c at 7% or below in type-2 diabetes.

## Description
An adult with type-2 diabetes and no earlier drug for it takes sipoglitazar and is seen every four weeks.
At each visit the agent sees HbA1c and everything the clinic has written down, and chooses the daily dose
until the next visit. HbA1c follows fasting glucose, which follows the drug, over months. UGT2B15 changes
exposure more than threefold. Sipoglitazar was a research compound and was never marketed: nobody takes it,
and it is here because its model joins a genotype to HbA1c. Research use only, never for patient care.

**A weak dosing problem.** More drug is more effect and the model knows no harm: no weight gain, no oedema,
no hypoglycaemia. The highest dose, 64 mg/day for everybody, wins, and no learner can do better; genotype
tells how much HbA1c will fall, not which dose to give. Use it for slow responses, for genotype as a
predictor, and to see that a learner finds a simple answer; not to compare ways of dosing.

`gymnasium.make("pmrl.envs:pmrl/Diabetes-v1")` treats one patient at a time;
`gymnasium.make_vec("pmrl.envs:pmrl/Diabetes-v1", num_envs=1024)` is a native batch.

## Action Space
The dose is 0 to 64 mg/day in steps of 8 and is taken every day until the next visit.

| `actions` | space | meaning |
|---|---|---|
| "continuous" | Box(-1, 1, (1,)) | -1 is 0 mg/day, 1 is 64 mg/day, rounded to the grid |
| "discrete" | Discrete(9) | level k is 8 k mg/day |
| "relative" | Discrete(15) | 0 holds the drug; else 0.5 to 2 times the last dose above 0 (`RELATIVE_STEPS`) |

With `choose_interval` the action also chooses the days until the next visit from 28, 56, 84: a second Box
dimension, a MultiDiscrete([levels, 3]), or with `flatten` one Discrete(levels x 3).

## Observation Space
Box of 27 features in physical units, float32, by name in `env.feature_names`; see `pmrl.envs.warfarin`.

| feature | unit | minimum | maximum | meaning |
|---|---|---|---|---|
| day | days | 0 | `days` | since the start of the episode |
| next_interval | days | 0 | `days` | until the next visit on the schedule |
| visits | number | 0 | `days` + 4 | visits so far, with today's |
| dose_estimate | mg/day | 0 | 128 | equal exposure: that of 32 mg/day in UGT2B15 *1/*2 |
| lab_1 ... lab_5 | % | 0 | 20 | HbA1c seen at the visit |
| dose_1 ... dose_5 | mg/day | 0 | 64 | prescribed at the visit before it |
| interval_1 ... interval_5 | days | 0 | max(`days`, 28) | since the visit before it |
| age | years | 34 | 75 | no effect in the model |
| female | 0/1 | 0 | 1 | no effect in the model |
| weight_kg | kg | 55 | 160 | no effect in the model |
| <covariate>_known | 0/1 | 0 | 1 | one after each covariate |
| UGT2B15_known | 0/1 | 0 | 1 | typed |
| UGT2B15 *2 | copies | 0 | 2 | |

## Rewards
The sum of named terms times `reward_weights`, in days since the last visit; the true HbA1c counts.

| term | default weight | meaning |
|---|---|---|
| in_range | 1 | days with HbA1c of 7% or less |
| below | 0 | never: the range has no lower end that is reached |
| above | 0 | days above 7% |
| unsafe | -0.5 | days above 9%, poor control |
| squared_log_deviation | 0 | sum over days of ln(HbA1c / 7)^2, no unit |
| visit | 0 | 1 for every visit |
| harm | 0 | days with fasting glucose below 3.9 mmol/L, a proxy of hypoglycaemia |

Fasting glucose below 3.9 mmol/L would stand for hypoglycaemia, but events are read from HbA1c, which does not
show it; it is not counted.

## Starting State
As in `pmrl.envs.warfarin`; the patients are drawn (`pmrl.models.sipoglitazar_population`), in three parts
that share none: "train", "validation" and "test".

## Episode End
Never terminated; truncated on day `days`, 364 by default. Visits are every 28 days and each shows an HbA1c,
where clinics measure it every three months; the rules that step up look every 84 days.

## Arguments
Those of `pmrl.envs.dosing`. No interacting drug is modelled, and diet does not matter.

## References
- Stringer et al. 2014, J Clin Pharmacol 54:453, doi 10.1002/jcph.227 (patient model; 13 weeks, here a year).

## Version History
- v1: first version.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pmrl.dose_rules_sipoglitazar import STANDARD, equal_exposure
from pmrl.envs.safety_event import HarmEvent, SafetyEvent
from pmrl.envs.therapy import DoseGrid, Therapy, VisitSchedule
from pmrl.models.low_glucose import HYPOGLYCAEMIA
from pmrl.models.sipoglitazar_population import POPULATION
from pmrl.parameter import Parameter
from pmrl.targets_diabetes import POOR_CONTROL, TARGET_HIGH, TARGET_LOW
from pmrl.variability import Variability

_OURS = "choice of this project"
_ASSAY = Parameter(0.02, "log-SD", "Stringer 2014, table 2: residual error 2.0%", "published")
_OCCASION = Parameter(0.0, "log-SD of AUC50", "no published change between occasions", "assumption")
_STEP = Parameter(8.0, "mg/day", "lowest dose of the trials in Stringer 2014", "assumption")
_MOST = Parameter(64.0, "mg/day", "highest dose of the trials in Stringer 2014", "published")
_DAYS = Parameter(364.0, "days", _OURS + ": four times the 13 weeks of the trials", "assumption")


def _dose_estimate(
    covariates: Mapping[str, NDArray[np.float64]], genotypes: Mapping[str, NDArray[np.int8]]
) -> NDArray[np.float64]:
    """Equal exposure for every genotype."""
    return equal_exposure(genotypes["UGT2B15"])


THERAPY = Therapy(
    id="pmrl/Diabetes-v1",
    drug="sipoglitazar",
    version=1,
    biomarker="HbA1c",
    biomarker_unit="%",
    biomarker_range=(0.0, 20.0),
    target_low=float(TARGET_LOW),
    target_high=float(TARGET_HIGH),
    aim=float(TARGET_HIGH),
    grid=DoseGrid(0.0, float(_MOST), float(_STEP), "mg/day"),
    schedule=VisitSchedule((0,), 28),
    horizon_days=int(_DAYS.value),
    intervals=(28, 56, 84),
    standard_dose=float(STANDARD),
    safety_events={
        "above_9": SafetyEvent(float(POOR_CONTROL)),
        "low_glucose": HarmEvent(f"glucose < {float(HYPOGLYCAEMIA):g} mmol/L", once=False),
    },
    models=("stringer-2014",),
    features=("age", "female", "weight_kg"),
    genes=(("UGT2B15", "*2"),),
    dose_estimate=_dose_estimate,
    population=POPULATION,
    variability=Variability(occasion_sd=float(_OCCASION), assay_sd=float(_ASSAY)),
    largest_dose_wins=(
        "HbA1c falls up to the highest dose, and apart from rare days of low glucose no harm is modelled: "
        "the highest dose wins, so this is a weak dosing problem."
    ),
    caveats=(
        "Sipoglitazar is a research compound that was never marketed.",
        "The trials lasted 13 weeks; a year is an extrapolation, without progression of the disease.",
        "HbA1c is seen at every visit, every four weeks; clinics measure it every three months.",
        "Hypoglycaemia has a proxy only, without a price: days that end with glucose below 3.9 mmol/L.",
    ),
    parameters={
        "target_low": TARGET_LOW,
        "target_high": TARGET_HIGH,
        "poor_control": POOR_CONTROL,
        "hypoglycaemia": HYPOGLYCAEMIA,
        "standard_dose": STANDARD,
        "assay_sd": _ASSAY,
        "occasion_sd": _OCCASION,
        "dose_step": _STEP,
        "dose_maximum": _MOST,
        "horizon_days": _DAYS,
        "schedule": Parameter(28.0, "days", _OURS + "; usual are three months", "assumption"),
    },
)
