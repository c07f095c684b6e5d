"""Coefficients of the published warfarin dose equations, as data with sources; every number appears once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pmrl.parameter import Parameter, Status
from pmrl.patient_terms import DIPLOTYPES, Floats, Terms


@dataclass(frozen=True)
class Regression:
    """A published linear predictor: coefficients by term name (see `regression_terms`)."""

    coefficients: Mapping[str, float]
    source: str
    status: Status

    def predict(self, terms: Terms) -> Floats:
        """The sum of coefficient × term, `(n_patients,)`."""
        return np.asarray(sum(value * terms[name] for name, value in self.coefficients.items()))


IWPC_PHARMACOGENETIC = Regression(
    {
        "intercept": 5.6044,
        "decade": -0.2614,
        "height_cm": 0.0087,
        "weight_kg": 0.0128,
        "A/G": -0.8677,
        "A/A": -1.6974,
        "vkorc1_unknown": -0.4854,
        "*1/*2": -0.5211,
        "*1/*3": -0.9357,
        "*2/*2": -1.0616,
        "*2/*3": -1.9206,
        "*3/*3": -2.3312,
        "cyp2c9_unknown": -0.2188,
        "Asian": -0.1092,
        "Black": -0.2760,
        "race_mixed_or_missing": -0.1032,
        "enzyme_inducer": 1.1816,
        "amiodarone": -0.5503,
    },
    "IWPC 2009, NEJM 360:753, supplement S1e; square root of mg/week",
    "published",
)
IWPC_CLINICAL = Regression(
    {
        "intercept": 4.0376,
        "decade": -0.2546,
        "height_cm": 0.0118,
        "weight_kg": 0.0134,
        "Asian": -0.6752,
        "Black": 0.4060,
        "race_mixed_or_missing": 0.0443,
        "enzyme_inducer": 1.2799,
        "amiodarone": -0.5695,
    },
    "IWPC 2009, NEJM 360:753, supplement S1f; square root of mg/week",
    "published",
)
_NOT_IN_MODIFIED = (
    "decade",
    "vkorc1_unknown",
    "cyp2c9_unknown",
    "Asian",
    "Black",
    "race_mixed_or_missing",
    "enzyme_inducer",
)
IWPC_MODIFIED = Regression(
    {k: v for k, v in IWPC_PHARMACOGENETIC.coefficients.items() if k not in _NOT_IN_MODIFIED}
    | {"age": IWPC_PHARMACOGENETIC.coefficients["decade"] / 10.0},
    "EU-PACT (Avery 2011, Pharmacogenomics J 11:325) through ReiL iwpc.py: IWPC with age in years; "
    "square root of mg/week",
    "published",
)
GAGE_PHARMACOGENETIC = Regression(
    {
        "intercept": 0.9751,
        "vkorc1_a": -0.3238,
        "bsa": 0.4317,
        "cyp2c9_3": -0.4008,
        "age": -0.00745,
        "cyp2c9_2": -0.2066,
        "target_inr": 0.2029,
        "amiodarone": -0.2538,
        "smoker": 0.0922,
        "Black": -0.0901,
        "venous_thromboembolism": 0.0664,
    },
    "Gage 2008, Clin Pharmacol Ther 84:326, VKORC1 per allele; natural log of mg/day",
    "published",
)
GAGE_CLINICAL = Regression(
    {
        "intercept": 0.613,
        "bsa": 0.4250,
        "age": -0.0075,
        "Black": 0.1560,
        "target_inr": 0.2160,
        "amiodarone": -0.2570,
        "smoker": 0.1080,
        "venous_thromboembolism": 0.0784,
    },
    "Gage 2008, Clin Pharmacol Ther 84:326; natural log of mg/day",
    "published",
)
LENZINI_PHARMACOGENETIC = Regression(
    {
        "intercept": 3.10894,
        "age": -0.00767,
        "log_inr": -0.51611,
        "vkorc1_a": -0.23032,
        "cyp2c9_2": -0.14745,
        "cyp2c9_3": -0.30770,
        "bsa": 0.24597,
        "target_inr": 0.26729,
        "Black": -0.09644,
        "stroke": -0.20590,
        "diabetes": -0.11216,
        "amiodarone": -0.10350,
        "fluvastatin": -0.19275,
        "dose_2_days_ago": 0.01690,
        "dose_3_days_ago": 0.02018,
        "dose_4_days_ago": 0.01065,
    },
    "Lenzini 2010, Clin Pharmacol Ther 87:572, through ReiL lenzini.py; natural log of mg/week",
    "published",
)
LENZINI_CLINICAL = Regression(
    {
        "intercept": 2.81602,
        "log_inr": -0.76679,
        "age": -0.00590,
        "target_inr": 0.27815,
        "diabetes": -0.16759,
        "bsa": 0.17675,
        "stroke": -0.22844,
        "fluvastatin": -0.25487,
        "Black": 0.07123,
        "amiodarone": -0.11137,
        "dose_2_days_ago": 0.03471,
        "dose_3_days_ago": 0.03047,
        "dose_4_days_ago": 0.01929,
    },
    "Lenzini 2010, Clin Pharmacol Ther 87:572, through ReiL lenzini.py; natural log of mg/week",
    "published",
)
EU_PACT_ELIMINATION: Mapping[str, Parameter] = {
    diplotype: Parameter(rate, "1/h", "EU-PACT report p.19 (Avery 2011), through ReiL iwpc.py", "published")
    for diplotype, rate in zip(DIPLOTYPES, (0.0189, 0.0158, 0.0132, 0.0130, 0.0090, 0.0075), strict=True)
}
"""Elimination rate constant of S-warfarin by CYP2C9 diplotype."""
EU_PACT_LOADING_SHARES = (1.5, 1.0, 0.5)
"""Share of (three-day loading dose - maintenance dose) that days 1, 2 and 3 add (Avery 2011, published)."""
FDA_BANDS = tuple(
    Parameter(
        0.5 * (low + high), "mg/day", f"warfarin label table (PMC3351041 T2), {low:g}-{high:g}", "guideline"
    )
    for low, high in ((5, 7), (3, 4), (0.5, 2))
)
"""Mid-points of the label's three dose bands."""
FDA_TABLE = np.array([[0, 0, 1, 1, 1, 2], [0, 1, 1, 1, 2, 2], [1, 1, 2, 2, 2, 2]])
"""Band by copies of VKORC1 -1639A (rows) and CYP2C9 diplotype (columns, as `DIPLOTYPES`)."""
FDA_WITHOUT_GENOTYPE = Parameter(
    3.5, "mg/day", "warfarin label: 2-5 mg where the genotype is not known", "recalled"
)
RARE_ALLELE_FACTOR = Parameter(
    1.0 - 0.225, "per allele", "CPIC 2017 (Johnson): 15-30% less per *5, *6, *8, *11; mid-point", "guideline"
)
