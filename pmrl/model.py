"""The contract that a published patient model fills in, checked when it is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pmrl.cohort import Cohort
from pmrl.errors import unknown
from pmrl.parameter import Anchor, Parameter
from pmrl.randomness import Stream, normals

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class PatientModel:
    """One published model of patients on one drug.

    Individual parameters are arrays `(n_patients, n_parameters)`, states `(n_patients, n_states)`. The
    compiled functions have the signatures of `pmrl.compiled`: `rhs` is the paper's equations, `prepare`
    and `day` the exact 24 h propagator that the engine runs, `biomarker` what an exact assay measures.
    """

    name: str
    drug: str
    citation: str
    population: str
    biomarker_name: str
    time_unit_hours: float
    states: tuple[str, ...]
    parameters: tuple[str, ...]
    parameter_sets: Mapping[str, Any]
    """Frozen dataclasses of `Parameter`s by name; the first is the default."""
    random_effects: tuple[str, ...]
    """Names of the standard normal draws that `individual` takes."""
    individual: Callable[[Any, Cohort, Floats], Floats]
    """(numbers, cohort, eta `(n_patients, n_random_effects)`) -> individual parameters."""
    initial: Callable[[Floats], Floats]
    """Individual parameters -> drug-free states."""
    intake: Callable[[float, Floats], float]
    """(mg swallowed, one patient's parameters) -> amount added to the state named `dose_state`."""
    dose_state: str
    rhs: Any
    prepare: Any
    day: Any
    biomarker: Any
    n_constants: int
    clearance: str
    """The parameter that interacting drugs act on."""
    sensitivity: str
    """The parameter that occasions and diet act on."""
    maintenance_dose: Callable[[Floats, float], Floats]
    """(individual parameters, biomarker target) -> mg/day taken that holds it at steady state."""
    anchors: tuple[Anchor, ...]

    def __post_init__(self) -> None:
        for label, name, allowed in (
            ("clearance", self.clearance, self.parameters),
            ("sensitivity", self.sensitivity, self.parameters),
            ("dose_state", self.dose_state, self.states),
        ):
            if name not in allowed:
                raise unknown(f"{label} of model {self.name}:", name, allowed)
        for set_name, numbers in self.parameter_sets.items():
            for field in fields(numbers):
                if not isinstance(getattr(numbers, field.name), Parameter):
                    raise TypeError(f"{self.name}, set {set_name}: {field.name} is not a Parameter")

    @property
    def default_set(self) -> str:
        """The parameter set that is used when none is named."""
        return next(iter(self.parameter_sets))

    def numbers(self, parameter_set: str | None = None) -> Any:
        """The parameter set of that name."""
        name = parameter_set or self.default_set
        if name not in self.parameter_sets:
            raise unknown(f"parameter set of {self.name}", name, self.parameter_sets)
        return self.parameter_sets[name]

    def patients(self, cohort: Cohort, parameter_set: str | None = None, typical: bool = False) -> Floats:
        """Individual parameters of a cohort, `(n_patients, n_parameters)`.

        `typical` leaves out the between-patient random effects; covariates and genotype stay.
        """
        count = len(self.random_effects)
        eta = (
            np.zeros((len(cohort), count))
            if typical
            else normals(cohort.seed, cohort.ids, Stream.PARAMETER, count)
        )
        return np.ascontiguousarray(self.individual(self.numbers(parameter_set), cohort, eta))

    def prescribed_dose(self, parameters: Floats, target: float, parameter_set: str | None = None) -> Floats:
        """Prescribed mg/day holding `target`, `(n_patients,)`: more than is taken where doses are missed."""
        return self.maintenance_dose(parameters, target) / net_intake(self.numbers(parameter_set))

    def column(self, parameter: str) -> int:
        """The column of an individual parameter."""
        return self.parameters.index(parameter)


def net_intake(numbers: Any) -> float:
    """Mean amount taken over prescribed that a parameter set reckons with; 1 where it does not say."""
    return float(getattr(numbers, "net_intake", 1.0))


def stack(columns: Mapping[str, Floats], order: tuple[str, ...]) -> Floats:
    """Individual parameters by name as an `(n_patients, n_parameters)` array in the model's order."""
    return np.ascontiguousarray(np.stack([columns[name] for name in order], axis=1))
