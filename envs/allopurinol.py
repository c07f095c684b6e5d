"""Allopurinol: urate below 0.36 mmol/L in gout, by a start that is low and steps that are slow.

## Description
An adult with gout starts allopurinol on day 0. At each visit, every four weeks, the agent sees
serum urate and everything the clinic has written down, and chooses the daily dose until the next visit.
Diuretics, weight and ABCG2 make some need 300 mg/day and others 900; poor kidneys keep the drug in the body.
A start above 1.5 mg per mL/min of creatinine clearance brings a severe reaction to 18 times as many; with
HLA-B*58:01 any start does, so that the right dose is none. Beyond the start the largest dose wins: no harm of
it is known to the model. Research use only, never for patient care.

`gymnasium.make("pmrl.envs:pmrl/Allopurinol-v2")` treats one patient at a time;
`gymnasium.make_vec("pmrl.envs:pmrl/Allopurinol-v2", num_envs=1024)` is a native batch.

## Action Space
The dose is 0 to 900 mg/day in steps of 50 and is taken every day until the next visit:
tablets of 100 and 300 mg, which can be halved, make every level.

| `actions` | space | meaning |
|---|---|---|
| "continuous" | Box(-1, 1, (1,)) | -1 is 0 mg/day, 1 is 900 mg/day, rounded to the grid |
| "discrete" | Discrete(19) | level k is 50 k mg/day |
| "relative" | Discrete(15) | 0 holds the drug; else 0.5 to 2 times the last dose above 0 (`RELATIVE_STEPS`) |

With `choose_interval` the action also chooses the days until the next visit from 14, 28, 56, 91: a second
Box dimension, a MultiDiscrete([levels, 4]), or with `flatten` one Discrete(levels x 4).

## Observation Space
Box of 35 features in physical units, float32, by name in `env.feature_names`; see `pmrl.envs.warfarin`.

| feature | unit | minimum | maximum | meaning |
|---|---|---|---|---|
| day | days | 0 | `days` | since the start of the episode |
| next_interval | days | 0 | `days` | until the next visit on the schedule |
| visits | number | 0 | `days` + 4 | visits so far, with today's |
| dose_estimate | mg/day | 0 | 1800 | start of the guidelines: 100 or 50, none with HLA-B*58:01 |
| lab_1 ... lab_5 | mmol/L | 0 | 1.5 | urate seen at the visit |
| dose_1 ... dose_5 | mg/day | 0 | 900 | prescribed at the visit before it |
| interval_1 ... interval_5 | days | 0 | max(`days`, 28) | since the visit before it |
| age | years | 18 | 90 | |
| female | 0/1 | 0 | 1 | |
| height_cm | cm | 140 | 205 | |
| weight_kg | kg | 45 | 180 | |
| crcl_ml_min | mL/min | 15 | 150 | creatinine clearance |
| diuretic | 0/1 | 0 | 1 | |
| <covariate>_known | 0/1 | 0 | 1 | one after each covariate |
| ABCG2_known | 0/1 | 0 | 1 | typed |
| HLA-B_known | 0/1 | 0 | 1 | typed |
| ABCG2 T | copies | 0 | 2 | |
| HLA-B *58:01 | copies | 0 | 2 | |

## Rewards
The sum of named terms times `reward_weights`, in days since the last visit; the true urate counts.

| term | default weight | meaning |
|---|---|---|
| in_range | 1 | days with urate of 0.36 mmol/L or less |
| below | 0 | never: there is no lower end |
| above | 0 | days above 0.36 |
| unsafe | 0 | never: no urate is unsafe by itself |
| squared_log_deviation | 0 | sum over days of ln(urate / 0.30)^2, no unit |
| visit | 0 | 1 for every visit |
| harm | -75000 | expected severe reactions; a reaction weighs as many days in range |

`info["cost"]` is the expected severe reactions.

## Starting State
As in `pmrl.envs.warfarin`; the patients are drawn (`pmrl.models.allopurinol_population`), in three parts that
share none: "train", "validation" and "test".

## Episode End
Never terminated; truncated on day `days`, 546 by default. Visits are on day 0, then every 28 days.

## Arguments
Those of `pmrl.envs.dosing`. No interacting drug is modelled, and diet does not matter.

## References
- Wright et al. 2016, Br J Clin Pharmacol 81:277 (patient model).
- Stamp et al. 2012 (starting dose and hypersensitivity), 2017 (escalation).
- CPIC guideline for HLA-B and allopurinol; DPWG on ABCG2.

## Version History
- v2: days without a dose, but with drug in the body, carry the risk of a low start: in v1 skipped doses
  escaped up to 86% of it. Known carriers of HLA-B*58:01 are `contraindicated`.
- v1: first version.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pmrl.dose_rules_allopurinol import cpic_start
from pmrl.envs.safety_event import HarmEvent
from pmrl.envs.therapy import DoseGrid, Therapy, VisitSchedule
from pmrl.genetics import allele_count
from pmrl.models.allopurinol_population import POPULATION
from pmrl.parameter import Parameter
from pmrl.variability import Variability

_ACR = "ACR guideline, as quoted by Stamp 2017"
_MEMORY = "standard texts, from memory"
_OURS = "choice of this project"
_TARGET_LOW = Parameter(0.0, "mmol/L", "no lower end: the model knows no harm of little urate", "assumption")
_TARGET_HIGH = Parameter(0.36, "mmol/L", f"{_ACR}: 6 mg/dL", "guideline")
_AIM = Parameter(0.30, "mmol/L", f"{_ACR}: 5 mg/dL with tophi", "guideline")
_STANDARD = Parameter(300.0, "mg/day", f"{_MEMORY}: the usual fixed dose", "recalled")
_ASSAY = Parameter(
    0.037, "mmol/L", "Wright 2016: additive residual error, as carried by nlmixr2lib", "published"
)
_OCCASION = Parameter(0.0, "log-SD of C50", "no published change between occasions", "assumption")
_STEP = Parameter(50.0, "mg/day", f"{_MEMORY}: tablets of 100 and 300 mg, halved", "recalled")
_MOST = Parameter(900.0, "mg/day", "Stamp 2017: escalation up to 900 mg/day", "published")
_DAYS = Parameter(546.0, "days", f"{_OURS}: a year and a half", "assumption")
_PRICE = Parameter(
    75_000.0,
    "days in range per severe reaction",
    f"{_OURS}: a quarter die (from memory), 25 years lost, a day in range worth 0.03 days of life; "
    "at this price the guideline that gives none with HLA-B*58:01 is right",
    "assumption",
)


def _dose_estimate(
    covariates: Mapping[str, NDArray[np.float64]], genotypes: Mapping[str, NDArray[np.int8]]
) -> NDArray[np.float64]:
    """The guidelines' start."""
    return cpic_start(covariates["crcl_ml_min"], genotypes["HLA-B"])


def _contraindicated(
    covariates: Mapping[str, NDArray[np.float64]], genotypes: Mapping[str, NDArray[np.int8]]
) -> NDArray[np.bool_]:
    """Carriers of HLA-B*58:01: "allopurinol is contraindicated" (CPIC guideline, Saito 2016, strong)."""
    return np.asarray(allele_count(genotypes["HLA-B"], "HLA-B", "*58:01") > 0.0)


THERAPY = Therapy(
    id="pmrl/Allopurinol-v2",
    drug="allopurinol",
    version=2,
    biomarker="serum urate",
    biomarker_unit="mmol/L",
    biomarker_range=(0.0, 1.5),
    target_low=float(_TARGET_LOW),
    target_high=float(_TARGET_HIGH),
    aim=float(_AIM),
    grid=DoseGrid(0.0, float(_MOST), float(_STEP), "mg/day"),
    schedule=VisitSchedule((0,), 28),
    horizon_days=int(_DAYS.value),
    intervals=(14, 28, 56, 91),
    standard_dose=float(_STANDARD),
    safety_events={"hypersensitivity": HarmEvent("hypersensitivity", once=True)},
    models=("wright-2016",),
    features=("age", "female", "height_cm", "weight_kg", "crcl_ml_min", "diuretic"),
    genes=(("ABCG2", "T"), ("HLA-B", "*58:01")),
    dose_estimate=_dose_estimate,
    population=POPULATION,
    variability=Variability(occasion_sd=float(_OCCASION), assay_sd=0.0, assay_error=float(_ASSAY)),
    reward_weights={"in_range": 1.0, "harm": -float(_PRICE)},
    contraindicated=_contraindicated,
    largest_dose_wins=(
        "More allopurinol lowers urate up to the largest dose, and beyond the start the model "
        "knows no harm: on days "
        "in range the largest dose wins. What it costs is in the expected severe reactions."
    ),
    caveats=(
        "Flares and tophi are not simulated: urate stands for them.",
        "Severe reactions are expected numbers from the risk by starting dose; when they "
        "appear, what they look like "
        "and that treatment then stops is not simulated. The price of one is an assumption.",
        "The risk has one step, at 1.5 mg per mL/min: below 33 mL/min every dose of the grid is above it, "
        "and a policy has no reason there to start low.",
        "A day of the start without a dose, but with drug in the body, counts as one on a low dose: to skip "
        "doses escapes what a high one adds.",
        "No other drug is there for carriers of HLA-B*58:01, who would be given febuxostat: "
        "with no dose they are "
        "never in range.",
        "As published, the model asks for more allopurinol than patients needed; the default "
        "set is our calibration.",
        "Urate is measured every four weeks to the end; clinics measure it twice a year once it "
        "is on target.",
    ),
    parameters={
        "target_low": _TARGET_LOW,
        "target_high": _TARGET_HIGH,
        "aim": _AIM,
        "standard_dose": _STANDARD,
        "assay_error": _ASSAY,
        "occasion_sd": _OCCASION,
        "dose_step": _STEP,
        "dose_maximum": _MOST,
        "horizon_days": _DAYS,
        "price_of_harm": _PRICE,
        "schedule": Parameter(28.0, "days", "Stamp 2017: monthly during escalation", "published"),
    },
)
