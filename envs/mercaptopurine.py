"""Mercaptopurine: neutrophils of 0.5-2.0 G/L in maintenance of childhood leukaemia, with weeks of delay.

## Description
A child in remission of acute lymphoblastic leukaemia starts mercaptopurine and is seen at clinic visits. At
each visit the agent sees the neutrophil count (ANC) and everything the clinic has written down, and chooses
the daily dose until the next visit. A dose acts through thioguanine nucleotides (half-life 14 days) and a
chain of precursors (27 days), so its harm shows when it is late to undo it; single counts err by half. TPMT
and NUDT15 shift the dose that is tolerated; most of the difference between patients nobody sees.
Research use only, never for patient care.

`gymnasium.make("pmrl.envs:pmrl/Mercaptopurine-v1")` treats one patient at a time;
`gymnasium.make_vec("pmrl.envs:pmrl/Mercaptopurine-v1", num_envs=1024)` is a native batch.

## Action Space
The dose is 0 to 150 mg/m2/day in steps of 2.5 and is taken every day, once, until the next visit: 0.1 mL of
the 20 mg/mL suspension in a child of 0.8 m2 makes a step. CPIC's 10 mg/m2 on three days a week is given as
its mean, 4.3 mg/m2/day, and dispensed as 5.

| `actions` | space | meaning |
|---|---|---|
| "continuous" | Box(-1, 1, (1,)) | -1 is 0 mg/m2/day, 1 is 150 mg/m2/day, rounded to the grid |
| "discrete" | Discrete(61) | level k is 2.5 k mg/m2/day |
| "relative" | Discrete(15) | 0 holds the drug; else 0.5 to 2 times the last dose above 0 (`RELATIVE_STEPS`) |

With `choose_interval` the action also chooses the days until the next visit from 7, 14, 28: a second Box
dimension, a MultiDiscrete([levels, 3]), or with `flatten` one Discrete(levels x 3).

## Observation Space
Box of 30 features in physical units, float32, by name in `env.feature_names`; see `pmrl.envs.warfarin`.

| feature | unit | minimum | maximum | meaning |
|---|---|---|---|---|
| day | days | 0 | `days` | since the start of the episode |
| next_interval | days | 0 | `days` | until the next visit on the schedule |
| visits | number | 0 | `days` + 4 | visits so far, with today's |
| dose_estimate | mg/m2/day | 0 | 300 | CPIC's start: 75, less by TPMT and NUDT15 |
| lab_1 ... lab_5 | G/L | 0 | 20 | ANC seen at the visit |
| dose_1 ... dose_5 | mg/m2/day | 0 | 150 | prescribed at the visit before it |
| interval_1 ... interval_5 | days | 0 | max(`days`, 28) | since the visit before it |
| age | years | 1 | 18 | |
| female | 0/1 | 0 | 1 | |
| <covariate>_known | 0/1 | 0 | 1 | one after each covariate |
| TPMT_known | 0/1 | 0 | 1 | typed |
| NUDT15_known | 0/1 | 0 | 1 | typed |
| TPMT *2 | copies | 0 | 2 | |
| TPMT *3A | copies | 0 | 2 | |
| TPMT *3C | copies | 0 | 2 | |
| NUDT15 *2 | copies | 0 | 2 | |
| NUDT15 *3 | copies | 0 | 2 | |

## Rewards
The sum of named terms times `reward_weights`, in days since the last visit; the true count matters, not the
measured one. Without the drug the count of most children is above 2.0, and no dose acts on it in the first
weeks: until day 28 every count from 0.5 to 20 is in range, from then on those from 0.5 to 2.0 are.

| term | default weight | meaning |
|---|---|---|
| in_range | 1 | days with an ANC of 0.5-2.0 G/L (until day 28: 0.5-20), bounds included |
| below | 0 | days below 0.5 |
| above | 0 | days above 2.0 (until day 28: above 20) |
| unsafe | -0.5 | days below 0.5 G/L: grade 4 neutropenia |
| squared_log_deviation | 0 | sum over days of ln(ANC / 1.25)^2, no unit |
| visit | 0 | 1 for every visit |
| harm | 0 | never: the model knows no harm beyond the biomarker |

Influx of the nucleotides saturates, so a child with normal TPMT hardly answers to twice the dose. The highest
dose therefore keeps as many days in range as the standard dose and loses only by a third more days below 0.5;
random doses lose little. Relapse of the leukaemia is not simulated: too low a dose costs nothing but days
above the range.

## Starting State
As in `pmrl.envs.warfarin`; the patients are drawn (`pmrl.models.mercaptopurine_population`), in three parts
that share none: "train", "validation" and "test". All start without the nucleotides, at their own base count.
One who is "established" comes on the dose that holds 1.25 G/L, or on the highest where none does.

## Episode End
Never terminated; truncated on day `days`, 364 by default. Visits are weekly until day 56, then every 14 days.

## Arguments
Those of `pmrl.envs.dosing`. No interacting drug is modelled, methotrexate included, and diet does not matter.

## References
- Gebhard et al. 2023, Sci Rep 13:11749 (patient model); PMC3703235, PMC4500328 (TPMT); CPIC (NUDT15).
- CPIC guideline for thiopurines, TPMT and NUDT15; DPWG guideline for mercaptopurine (starting doses).

## Version History
- v1: first version.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pmrl.dose_rules_mercaptopurine import STANDARD, cpic_start
from pmrl.envs.safety_event import SafetyEvent
from pmrl.envs.therapy import DoseGrid, Therapy, VisitSchedule
from pmrl.models.mercaptopurine_population import POPULATION
from pmrl.parameter import Parameter
from pmrl.variability import Variability

_MEMORY = "standard texts, from memory"
_GEBHARD = "Gebhard 2023 and Jost 2020: target of maintenance therapy"
_TARGET_LOW, _TARGET_HIGH = (Parameter(level, "G/L", _GEBHARD, "published") for level in (0.5, 2.0))
_AIM = Parameter(1.25, "G/L", "the middle of the range", "derived")
_RUN_IN = Parameter(28.0, "days", "4/ktr = 27 days of transit, in whole weeks", "derived")
_MOST_COUNT = Parameter(20.0, "G/L", "highest count that is reported", "assumption")
_GRADE_4 = Parameter(0.5, "G/L", "common toxicity criteria: neutropenia of grade 4", "recalled")
_GRADE_3 = Parameter(1.0, "G/L", "common toxicity criteria: neutropenia of grade 3", "recalled")
_PROPORTIONAL = "Gebhard 2023: residual error 50%, as a log-SD: sqrt(ln(1 + 0.5^2))"
_ASSAY = Parameter(float(np.sqrt(np.log1p(0.5**2))), "log-SD", _PROPORTIONAL, "published")
_OCCASION = Parameter(0.0, "log-SD of slope", "no published change between occasions", "assumption")
_STEP = Parameter(2.5, "mg/m2/day", "0.1 mL of a 20 mg/mL suspension in 0.8 m2", "recalled")
_MOST = Parameter(150.0, "mg/m2/day", "doses of 5.4 to 175 were given in Gebhard 2023", "published")
_DAYS = Parameter(364.0, "days", "one of the two years of maintenance", "assumption")
_WEEKS = Parameter(14.0, "days", "weekly for 8 weeks, then every 2 to 4 weeks: " + _MEMORY, "recalled")


def _dose_estimate(
    covariates: Mapping[str, NDArray[np.float64]], genotypes: Mapping[str, NDArray[np.int8]]
) -> NDArray[np.float64]:
    """CPIC's starting dose."""
    return cpic_start(genotypes)


THERAPY = Therapy(
    id="pmrl/Mercaptopurine-v1",
    drug="mercaptopurine",
    version=1,
    biomarker="ANC",
    biomarker_unit="G/L",
    biomarker_range=(0.0, float(_MOST_COUNT)),
    target_low=float(_TARGET_LOW),
    target_high=float(_TARGET_HIGH),
    early_targets=(
        (0, float(_TARGET_LOW), float(_MOST_COUNT)),
        (int(_RUN_IN.value), float(_TARGET_LOW), float(_TARGET_HIGH)),
    ),
    aim=float(_AIM),
    grid=DoseGrid(0.0, float(_MOST), float(_STEP), "mg/m2/day"),
    schedule=VisitSchedule((0, 7, 14, 21, 28, 35, 42, 49, 56), int(_WEEKS.value)),
    horizon_days=int(_DAYS.value),
    intervals=(7, 14, 28),
    standard_dose=float(STANDARD),
    safety_events={
        "below_0.5": SafetyEvent(float(_GRADE_4), above=False),
        "below_1": SafetyEvent(float(_GRADE_3), above=False),
    },
    models=("gebhard-2023",),
    features=("age", "female"),
    genes=(("TPMT", "*2"), ("TPMT", "*3A"), ("TPMT", "*3C"), ("NUDT15", "*2"), ("NUDT15", "*3")),
    dose_estimate=_dose_estimate,
    population=POPULATION,
    variability=Variability(occasion_sd=float(_OCCASION), assay_sd=float(_ASSAY)),
    largest_dose_wins=(
        "Influx of the nucleotides saturates, so that the largest dose keeps as many days in range as the "
        "rules do; what it costs are more days of neutropenia."
    ),
    caveats=(
        "Relapse of the leukaemia, infections, platelets, the liver and methotrexate are not simulated.",
        "Influx of the nucleotides saturates: doses above the standard move the count little, so that most "
        "children with a high count cannot be brought into range by any dose.",
        "The effects of TPMT and NUDT15 are from other studies than the model.",
        "The published feedback cycles, once a dose disturbs it, in the three of ten children, as drawn, "
        "whose gamma is above 0.85; in a few of them widely.",
        "How soon an empty marrow recovers follows from an assumption, and counts overshoot after it, far "
        "above any that is seen in one child of a hundred.",
    ),
    parameters={
        "target_low": _TARGET_LOW,
        "target_high": _TARGET_HIGH,
        "aim": _AIM,
        "run_in": _RUN_IN,
        "highest_count": _MOST_COUNT,
        "neutropenia_grade_4": _GRADE_4,
        "neutropenia_grade_3": _GRADE_3,
        "standard_dose": STANDARD,
        "assay_sd": _ASSAY,
        "occasion_sd": _OCCASION,
        "dose_step": _STEP,
        "dose_maximum": _MOST,
        "horizon_days": _DAYS,
        "schedule": _WEEKS,
    },
)
