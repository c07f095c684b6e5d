"""A table of recorded patients: what a file of real patients holds, column by column."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from pmrl.covariates import BODY, FLAGS
from pmrl.dose_equations import DAYS_PER_WEEK


@dataclass(frozen=True)
class PatientTable:
    """Recorded patients, one row each; NaN, -1 or '' where something was not recorded.

    Attributes:
        site: site number, int64, -1 where not recorded.
        female: 1 female, 0 male.
        race: index into `pmrl.covariates.RACES`.
        age_decade: first year of the age's decade (60 = 60-69, 90 = 90 and over), years.
        height_cm: body height, cm.
        weight_kg: body weight, kg.
        amiodarone: 1 = takes amiodarone.
        enzyme_inducer: 1 = takes carbamazepine, phenytoin or rifampicin.
        smoker: 1 = smokes.
        target_inr: target INR as recorded.
        target_inr_range: target INR range as recorded, text.
        cyp2c9: CYP2C9 diplotype codes, int8 `(n, 2)`.
        vkorc1_1639: VKORC1 -1639 G>A diplotype codes, int8 `(n, 2)`.
        vkorc1_source: 'typed' or 'imputed' from linked variants, text.
        stable: 1 = reached a stable dose.
        dose_mg_week: therapeutic dose, mg/week.
        inr_on_dose: INR on that dose.

    Every other column is float64 of shape `(n,)`.
    """

    site: NDArray[np.int64]
    female: NDArray[np.float64]
    race: NDArray[np.float64]
    age_decade: NDArray[np.float64]
    height_cm: NDArray[np.float64]
    weight_kg: NDArray[np.float64]
    amiodarone: NDArray[np.float64]
    enzyme_inducer: NDArray[np.float64]
    smoker: NDArray[np.float64]
    target_inr: NDArray[np.float64]
    target_inr_range: NDArray[np.str_]
    cyp2c9: NDArray[np.int8]
    vkorc1_1639: NDArray[np.int8]
    vkorc1_source: NDArray[np.str_]
    stable: NDArray[np.float64]
    dose_mg_week: NDArray[np.float64]
    inr_on_dose: NDArray[np.float64]

    def __len__(self) -> int:
        return int(self.site.size)

    @property
    def n(self) -> int:
        """Number of patients."""
        return len(self)

    @property
    def age(self) -> NDArray[np.float64]:
        """Age, years: the middle of the recorded decade, `(n,)`."""
        return self.age_decade + 5.0

    @property
    def stable_dose(self) -> NDArray[np.float64]:
        """Dose on which a patient was stable, mg/day, `(n,)`, NaN where it is not recorded."""
        return np.where(self.stable == 1, self.dose_mg_week / DAYS_PER_WEEK, np.nan)

    @property
    def covariates(self) -> dict[str, NDArray[np.float64]]:
        """The recorded covariates by the names of a cohort, `(n,)` each, NaN where not recorded."""
        names = (*BODY, "female", "race", *FLAGS)
        return {name: getattr(self, name) for name in names}

    @property
    def genotypes(self) -> dict[str, NDArray[np.int8]]:
        """The recorded diplotypes by gene, `(n, 2)` each, -1 where not typed."""
        return {"CYP2C9": self.cyp2c9, "VKORC1": self.vkorc1_1639}

    def take(self, rows: NDArray[np.int64]) -> PatientTable:
        """The patients of these rows, in that order."""
        return PatientTable(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})
