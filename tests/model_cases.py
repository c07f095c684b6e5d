"""Every warfarin model with every parameter set: what their contract tests run over."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import combinations_with_replacement

import numpy as np
import pytest
from numpy.typing import NDArray

from pmrl.genetics import GENES
from pmrl.model import PatientModel
from pmrl.models.registry import MODELS, model
from pmrl.solve import course
from pmrl.typical import typical_patient

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Case:
    """One model with one parameter set."""

    model: PatientModel
    numbers: str

    @property
    def name(self) -> str:
        return f"{self.model.name}:{self.numbers}"

    @property
    def drug_states(self) -> list[int]:
        """Columns of the amounts of drug: what starts at 0, since a patient without drug is at 1 or above."""
        return [int(i) for i in np.flatnonzero(self.model.initial(self.typical())[0] == 0.0)]

    @property
    def central(self) -> int:
        """The column of the amount that is eliminated."""
        states = self.model.states
        return states.index("central" if "central" in states else self.model.dose_state)

    def volume(self, p: Floats) -> Floats:
        """Volume of the central compartment (L) of individual parameters, one per row."""
        return p[..., self.model.column("v1" if "v1" in self.model.parameters else "v")]

    def clearance(self, p: Floats) -> Floats:
        """Clearance (L per time unit) of individual parameters, one per row."""
        return p[..., self.model.column(self.model.clearance)]

    def typical(
        self, cyp2c9: str = "*1/*1", vkorc1: str = "G/G", ancestry: str = "European", **covariates: float
    ) -> Floats:
        """Parameters of one described patient without random effects, `(1, n_parameters)`."""
        patient = typical_patient({"CYP2C9": cyp2c9, "VKORC1": vkorc1}, ancestry=ancestry, **covariates)
        return self.model.patients(patient, self.numbers, typical=True)

    def biomarker_after(self, p: Floats, dose: float, days: int) -> Floats:
        """Biomarker after some days of a constant dose (mg/day), one per row of `p`."""
        return course(self.model, p, np.full((len(p), days), float(dose)))[0][:, -1]


@cache
def cases() -> tuple[Case, ...]:
    """Every warfarin model with every one of its parameter sets."""
    found = [model(name) for name in MODELS if model(name).drug == "warfarin"]
    return tuple(Case(one, numbers) for one in found for numbers in one.parameter_sets)


each_case = pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)

CYP2C9_DIPLOTYPES = ["/".join(pair) for pair in combinations_with_replacement(GENES["CYP2C9"].alleles, 2)]
VKORC1_DIPLOTYPES = ["G/G", "G/A", "A/A"]
