"""Empagliflozin: HbA1c at 7% or below, with a gene that does nothing: the negative control.

## Description
An adult with type-2 diabetes takes empagliflozin and is seen every four weeks. At each visit the agent sees
HbA1c and everything the clinic has written down, and chooses 0, 10 or 25 mg/day until the next visit. No gene
changes what the drug does. UGT2B15 is nevertheless drawn, typed and shown, and has no effect on anything:
a policy that sees it must do no better than one that does not. If it seems to, the comparison is at fault.
Research use only, never for patient care.

**A weak dosing problem.** More drug is more effect and the model knows no harm: no infections, no loss of
volume, no ketoacidosis. 25 mg/day for everybody wins, by little, as 10 mg/day is most of the effect. It is
made to find comparisons that report a gain from genotype where there is none; not to compare ways of dosing.

`gymnasium.make("pmrl.envs:pmrl/Empagliflozin-v1")` treats one patient at a time;
`gymnasium.make_vec("pmrl.envs:pmrl/Empagliflozin-v1", num_envs=1024)` is a native batch.

## Action Space
The dose is 0, 10 or 25 mg/day, the tablets there are, and is taken every day until the next visit.

| `actions` | space | meaning |
|---|---|---|
| "continuous" | Box(-1, 1, (1,)) | -1 is 0 mg/day, 1 is 25 mg/day, rounded to the nearest of the three |
| "discrete" | Discrete(3) | 0, 10, 25 mg/day |
| "relative" | Discrete(15) | 0 holds the drug; else 0.5 to 2 times the last dose above 0 (`RELATIVE_STEPS`) |

With `choose_interval` the action also chooses the days until the next visit from 28, 56, 84: a second Box
dimension, a MultiDiscrete([levels, 3]), or with `flatten` one Discrete(levels x 3).

## Observation Space
Box of 41 features in physical units, float32, by name in `env.feature_names`; see `pmrl.envs.warfarin`.

| feature | unit | minimum | maximum | meaning |
|---|---|---|---|---|
| day | days | 0 | `days` | since the start of the episode |
| next_interval | days | 0 | `days` | until the next visit on the schedule |
| visits | number | 0 | `days` + 4 | visits so far, with today's |
| dose_estimate | mg/day | 0 | 50 | the label's start, 10 for everybody |
| lab_1 ... lab_5 | % | 0 | 20 | HbA1c seen at the visit |
| dose_1 ... dose_5 | mg/day | 0 | 25 | prescribed at the visit before it |
| interval_1 ... interval_5 | days | 0 | max(`days`, 28) | since the visit before it |
| age | years | 18 | 90 | |
| female | 0/1 | 0 | 1 | |
| asian | 0/1 | 0 | 1 | |
| black | 0/1 | 0 | 1 | |
| bmi | kg/m2 | 18 | 60 | |
| egfr | mL/min/1.73 m2 | 15 | 150 | |
| fpg | mmol/L | 4 | 20 | fasting glucose before the drug |
| duration | years | 0.25 | 40 | since diagnosis |
| metformin | 0/1 | 0 | 1 | |
| sulfonylurea | 0/1 | 0 | 1 | |
| <covariate>_known | 0/1 | 0 | 1 | one after each covariate |
| UGT2B15_known | 0/1 | 0 | 1 | typed; without effect |
| UGT2B15 *2 | copies | 0 | 2 | without effect |

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

## Starting State
As in `pmrl.envs.warfarin`; the patients are drawn (`pmrl.models.empagliflozin_population`), in three parts
that share none: "train", "validation" and "test".

## Episode End
Never terminated; truncated on day `days`, 364 by default. Visits are every 28 days and each shows an HbA1c,
where clinics measure it every three months; the rule that steps up looks every 84 days.

## Arguments
Those of `pmrl.envs.dosing`. No interacting drug is modelled, and diet does not matter.

## References
- Baron et al. 2016, Diabetes Ther 7:455, doi 10.1007/s13300-016-0174-y (patient model).

## Version History
- v1: first version.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pmrl.envs.safety_event import HarmEvent, SafetyEvent
from pmrl.envs.therapy import DoseGrid, Therapy, VisitSchedule
from pmrl.models.empagliflozin_population import POPULATION
from pmrl.models.low_glucose import HYPOGLYCAEMIA
from pmrl.parameter import Parameter
from pmrl.targets_diabetes import POOR_CONTROL, TARGET_HIGH, TARGET_LOW
from pmrl.variability import Variability

_LABEL = "label of empagliflozin, from memory"
_OURS = "choice of this project"
_LOW, _HIGH = (Parameter(dose, "mg/day", _LABEL, "recalled") for dose in (10.0, 25.0))
_ASSAY = Parameter(0.0567, "log-SD", "Baron 2016, table S4: residual error 5.67%", "published")
_OCCASION = Parameter(0.0, "log-SD of AUC50", "no published change between occasions", "assumption")
_DAYS = Parameter(364.0, "days", _OURS + ": a year, as of sipoglitazar", "assumption")


def _dose_estimate(
    covariates: Mapping[str, NDArray[np.float64]], genotypes: Mapping[str, NDArray[np.int8]]
) -> NDArray[np.float64]:
    """The label's start, for everybody."""
    return np.full(len(covariates["age"]), float(_LOW))


THERAPY = Therapy(
    id="pmrl/Empagliflozin-v1",
    drug="empagliflozin",
    version=1,
    biomarker="HbA1c",
    biomarker_unit="%",
    biomarker_range=(0.0, 20.0),
    target_low=float(TARGET_LOW),
    target_high=float(TARGET_HIGH),
    aim=float(TARGET_HIGH),
    grid=DoseGrid.listed((0.0, float(_LOW), float(_HIGH)), "mg/day"),
    schedule=VisitSchedule((0,), 28),
    horizon_days=int(_DAYS.value),
    intervals=(28, 56, 84),
    standard_dose=float(_LOW),
    safety_events={
        "above_9": SafetyEvent(float(POOR_CONTROL)),
        "low_glucose": HarmEvent(f"glucose < {float(HYPOGLYCAEMIA):g} mmol/L", once=False),
    },
    models=("baron-2016",),
    features=(
        *("age", "female", "asian", "black", "bmi", "egfr", "fpg", "duration", "metformin", "sulfonylurea"),
    ),
    genes=(("UGT2B15", "*2"),),
    dose_estimate=_dose_estimate,
    population=POPULATION,
    variability=Variability(occasion_sd=float(_OCCASION), assay_sd=float(_ASSAY)),
    largest_dose_wins=(
        "HbA1c falls up to the highest dose, and apart from rare days of low glucose no harm is modelled: "
        "the highest dose wins, so this is a weak dosing problem."
    ),
    caveats=(
        "The negative control: UGT2B15 is shown and does nothing, so that knowing it must not help.",
        "HbA1c before the drug is 0.3% higher than in the trials that the model is from.",
        "HbA1c is seen at every visit, every four weeks; clinics measure it every three months.",
        "Hypoglycaemia has a proxy only, without a price: days that end with glucose below 3.9 mmol/L.",
    ),
    parameters={
        "target_low": TARGET_LOW,
        "target_high": TARGET_HIGH,
        "poor_control": POOR_CONTROL,
        "hypoglycaemia": HYPOGLYCAEMIA,
        "standard_dose": _LOW,
        "dose_maximum": _HIGH,
        "assay_sd": _ASSAY,
        "occasion_sd": _OCCASION,
        "horizon_days": _DAYS,
        "schedule": Parameter(28.0, "days", _OURS + "; usual are three months", "assumption"),
    },
)
