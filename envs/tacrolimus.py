"""Tacrolimus: a level that protects a new kidney without poisoning it, in the first 90 days.

## Description
An adult with a transplanted kidney starts tacrolimus on day 0. At each visit the agent sees the level in
whole blood before the morning dose and everything the clinic has written down, and chooses the daily dose
until the next visit. Too little, and the kidney is rejected; too much, and it is poisoned. Carriers of
CYP3A5*1, one in four, need 1.5 to 2 times the dose of others. On a constant dose the level keeps climbing for
weeks, as deep tissue fills and haematocrit recovers, while the target range falls: a dose that is kept is
hardly better than a random one, and what counts is monitoring.
Research use only, never for patient care.

`gymnasium.make("pmrl.envs:pmrl/Tacrolimus-v1")` treats one patient at a time;
`gymnasium.make_vec("pmrl.envs:pmrl/Tacrolimus-v1", num_envs=1024)` is a native batch.

## Action Space
The dose is 0 to 30 mg/day in steps of 1 and is taken every day, in two halves 12 h apart, until the next
visit: capsules of 0.5, 1 and 5 mg make every level.

| `actions` | space | meaning |
|---|---|---|
| "continuous" | Box(-1, 1, (1,)) | -1 is 0 mg/day, 1 is 30 mg/day, rounded to the grid |
| "discrete" | Discrete(31) | level k is k mg/day |
| "relative" | Discrete(15) | 0 holds the drug; else 0.5 to 2 times the last dose above 0 (`RELATIVE_STEPS`) |

With `choose_interval` the action also chooses the days until the next visit from 3, 4, 7, 14, 28: a second
Box dimension, a MultiDiscrete([levels, 5]), or with `flatten` one Discrete(levels x 5).

## Observation Space
Box of 39 features in physical units, float32, by name in `env.feature_names`; see `pmrl.envs.warfarin`.

| feature | unit | minimum | maximum | meaning |
|---|---|---|---|---|
| day | days | 0 | `days` | since the start of the episode |
| next_interval | days | 0 | `days` | until the next visit on the schedule |
| visits | number | 0 | `days` + 4 | visits so far, with today's |
| dose_estimate | mg/day | 0 | 60 | CPIC's start: 0.2 mg/kg/day, 0.3 with CYP3A5*1 |
| lab_1 ... lab_5 | ng/mL | 0 | 100 | level before the morning dose of the visit |
| dose_1 ... dose_5 | mg/day | 0 | 30 | prescribed at the visit before it |
| interval_1 ... interval_5 | days | 0 | max(`days`, 28) | since the visit before it |
| age | years | 18 | 80 | |
| female | 0/1 | 0 | 1 | |
| height_cm | cm | 140 | 205 | |
| weight_kg | kg | 30 | 170 | |
| albumin_g_l | g/L | 12 | 57 | on day 0 |
| creatinine_umol_l | umol/L | 38 | 1885 | on day 0 |
| hematocrit_percent | % | 15 | 50 | on day 0 |
| <covariate>_known | 0/1 | 0 | 1 | one after each covariate |
| CYP3A5_known | 0/1 | 0 | 1 | typed |
| CYP3A4_known | 0/1 | 0 | 1 | typed |
| CYP3A5 *3 | copies | 0 | 2 | |
| CYP3A5 *6 | copies | 0 | 2 | |
| CYP3A5 *7 | copies | 0 | 2 | |
| CYP3A4 *22 | copies | 0 | 2 | |

## Rewards
The sum of named terms times `reward_weights`, in days since the last visit; the true level counts. The target
range is 10-15 ng/mL in weeks 1 and 2, 8-12 in weeks 3 and 4, and 5-10 after, bounds included.

| term | default weight | meaning |
|---|---|---|
| in_range | 1 | days with a level in the range of the day |
| below | 0 | days below it |
| above | 0 | days above it |
| unsafe | -0.5 | days above 20 ng/mL, toxic, or below 4, where rejection threatens |
| squared_log_deviation | 0 | sum over days of ln(level / middle of the range)^2, no unit |
| visit | 0 | 1 for every visit |
| harm | 0 | never: the model knows no harm beyond the biomarker |

## Starting State
As in `pmrl.envs.warfarin`; the patients are drawn (`pmrl.models.tacrolimus_population`), in three parts that
share none: "train", "validation" and "test".

## Episode End
Never terminated; truncated on day `days`, 90 by default. Visits are on days 0 and 3, then twice a week until
day 56, then every 14 days.

## Arguments
Those of `pmrl.envs.dosing`. No interacting drug is modelled, and diet does not matter.

## References
- Andrews et al. 2019, Br J Clin Pharmacol 85:601 (patient model, target range of the hospital).
- CPIC guideline for CYP3A5 and tacrolimus (starting doses).
- Passey et al. 2011 (DeKAF; schedule of levels, two copies of CYP3A5*1).

## Version History
- v1: first version.
"""

from __future__ import annotations

from pmrl.dose_rules_tacrolimus import cpic_start
from pmrl.envs.safety_event import SafetyEvent
from pmrl.envs.therapy import DoseGrid, Therapy, VisitSchedule
from pmrl.models.tacrolimus_population import OCCASION, POPULATION, RESIDUAL
from pmrl.parameter import Parameter
from pmrl.variability import Variability

_ROTTERDAM = "range of the hospital of Andrews 2019"
_MEMORY = "standard texts, from memory"
_FIRST, _SECOND, _FINAL = (
    tuple(Parameter(level, f"ng/mL, {when}", _ROTTERDAM, "published") for level in levels)
    for when, levels in (("weeks 1 and 2", (10.0, 15.0)), ("3 and 4", (8.0, 12.0)), ("after", (5.0, 10.0)))
)
_TOXIC, _REJECTION = (Parameter(level, "ng/mL", _MEMORY, "recalled") for level in (20.0, 4.0))
_STANDARD = Parameter(15.0, "mg/day", "0.2 mg/kg/day at the reference's 77.5 kg, rounded", "derived")
_STEP = Parameter(1.0, "mg/day", "capsules of 0.5 mg twice a day, from memory", "recalled")
_MOST = Parameter(30.0, "mg/day", f"{_MEMORY}: 15 mg twice a day", "recalled")
_DAYS = Parameter(90.0, "days", "the first three months, in which doses are found", "assumption")
_TWICE_A_WEEK = tuple(day for week in range(0, 56, 7) for day in (week, week + 3))

THERAPY = Therapy(
    id="pmrl/Tacrolimus-v1",
    drug="tacrolimus",
    version=1,
    biomarker="tacrolimus",
    biomarker_unit="ng/mL",
    biomarker_range=(0.0, 100.0),
    target_low=float(_FINAL[0]),
    target_high=float(_FINAL[1]),
    early_targets=(
        (0, float(_FIRST[0]), float(_FIRST[1])),
        (14, float(_SECOND[0]), float(_SECOND[1])),
        (28, float(_FINAL[0]), float(_FINAL[1])),
    ),
    grid=DoseGrid(0.0, float(_MOST), float(_STEP), "mg/day"),
    schedule=VisitSchedule((*_TWICE_A_WEEK, 56), 14),
    horizon_days=int(_DAYS.value),
    intervals=(3, 4, 7, 14, 28),
    standard_dose=float(_STANDARD),
    safety_events={
        "above_20": SafetyEvent(float(_TOXIC)),
        "below_4": SafetyEvent(float(_REJECTION), above=False),
    },
    models=("andrews-2019",),
    features=(
        "age",
        "female",
        "height_cm",
        "weight_kg",
        "albumin_g_l",
        "creatinine_umol_l",
        "hematocrit_percent",
    ),
    genes=(("CYP3A5", "*3"), ("CYP3A5", "*6"), ("CYP3A5", "*7"), ("CYP3A4", "*22")),
    dose_estimate=cpic_start,
    population=POPULATION,
    variability=Variability(occasion_sd=float(OCCASION), assay_sd=float(RESIDUAL)),
    caveats=(
        "Rejection, infection and kidney damage are not simulated: the level stands for them.",
        "Albumin and creatinine stay as on day 0; haematocrit recovers by a line that is an assumption.",
        "The whole residual error of the published model counts as error of the lab, which is more than an "
        "assay's own.",
        "Levels on the first days are lower than were seen in Dutch and French patients on the same doses.",
        "Interacting drugs (azoles, diltiazem, steroid tapering) are not simulated.",
    ),
    parameters={
        "target_low_weeks_1_2": _FIRST[0],
        "target_high_weeks_1_2": _FIRST[1],
        "target_low_weeks_3_4": _SECOND[0],
        "target_high_weeks_3_4": _SECOND[1],
        "target_low": _FINAL[0],
        "target_high": _FINAL[1],
        "toxic": _TOXIC,
        "rejection": _REJECTION,
        "standard_dose": _STANDARD,
        "assay_sd": RESIDUAL,
        "occasion_sd": OCCASION,
        "dose_step": _STEP,
        "dose_maximum": _MOST,
        "horizon_days": _DAYS,
        "schedule": Parameter(
            14.0, "days", "Passey 2011: day 3, twice a week to week 8, then twice a month", "published"
        ),
    },
)
