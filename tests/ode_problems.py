"""Patients on whom the general kernel is tried: published structures, smooth and not, mild and stiff.

Where a paper gives only the structure, the numbers are ours and are chosen to be hard: rates four and more
powers of ten apart.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import ode_equations as equations
from numpy.typing import NDArray

from pmrl.compiled import BIOMARKER, of_model
from pmrl.drug_balance import DrugBalance, amounts
from pmrl.iwpc import RecordedPopulation
from pmrl.lanes import side_by_side
from pmrl.model import PatientModel
from pmrl.parameter import Parameter
from pmrl.solve import course

Floats = NDArray[np.float64]
_ONE = Parameter(1.0, "", "of a test", "assumption")


@dataclass(frozen=True)
class Numbers:
    """Nothing varies between patients unless a test says so."""

    one: Parameter = _ONE


@dataclass(frozen=True)
class Problem:
    """A model, a typical patient and a daily dose, in the model's own units.

    Attributes:
        rhs: the equations.
        initial: drug-free states, `(n_states,)`.
        p: parameters, `(n_parameters,)`.
        dose: added to state 0 at the start of every day.
        source: where the structure and the numbers are from.
        day: 24 h in the model's time unit.
        days: after how many days the reference is compared, as far as it is affordable.
        stiff: whether the reference needs an implicit method.
    """

    name: str
    rhs: Any
    initial: tuple[float, ...]
    p: tuple[float, ...]
    dose: float
    source: str
    day: float = 24.0
    days: int = 90
    stiff: bool = False
    model: PatientModel = field(init=False)

    def __post_init__(self) -> None:
        states = tuple(f"y{j}" for j in range(len(self.initial)))
        # Bioavailability, clearance and sensitivity are further parameters: the equations leave them alone.
        parameters = (*(f"p{k}" for k in range(len(self.p))), "f", "cl", "c50")
        model = PatientModel(
            name=self.name, drug="none", citation=self.source, population="", biomarker_name="last state",
            time_unit_hours=24.0 / self.day, states=states, parameters=parameters,
            parameter_sets={"typical": Numbers()}, random_effects=(),
            individual=lambda numbers, cohort, eta: self.patients(len(cohort)),
            initial=lambda p: np.tile(np.array(self.initial), (len(p), 1)),
            dose_state="y0", dose_fraction=_ONE, bioavailability="f", rhs=self.rhs, biomarker=last_state,
            clearance="cl", sensitivity="c50", maintenance_dose=lambda p, target: np.ones(len(p)), anchors=(),
            rhs_lanes=side_by_side(self.rhs), cohorts=RecordedPopulation(),
            balance=DrugBalance(amounts(0), lambda t, y, p: 0.0),
            genes_without_effect=RecordedPopulation().genes,
        )  # fmt: skip
        object.__setattr__(self, "model", model)

    def patients(self, n: int, spread: float = 0.0) -> Floats:
        """Parameters of `n` patients with a log-normal spread, `(n, n_parameters + 3)`."""
        random = np.random.default_rng(1).standard_normal((n, len(self.p)))
        p = np.array(self.p) * np.exp(spread * random)
        return np.ascontiguousarray(np.hstack([p, np.ones((n, 3))]))


@of_model(BIOMARKER)
def last_state(y, p):
    return y[y.size - 1]


_ANDREWS = "Andrews 2019, doi:10.1111/bcp.13838"
_GEBHARD = "Gebhard 2023, doi:10.1038/s41598-023-38414-0"
_PHENYTOIN = "Clin Pharmacokinet 1983;8:355"
_THIOPURINE = (21.07, 15.4, 20.1911, 0.21, 0.14, 0.05, 0.16, 2.17, 0.79, 0.15, 2.3765)
_SATURABLE = (1.5, 415.0 / 24.0, 5.7, 45.5)
_BLOOD = (0.0, 0.0, 0.0, *(4 * (2.17 * 2.3765 / 0.15,)), 2.17)

PROBLEMS = (
    Problem(
        "tacrolimus", equations.two_compartments, (0.0,) * 3, (3.58, 23.0, 692.0, 11.6, 5340.0), 5.0, _ANDREWS
    ),
    Problem("mercaptopurine", equations.mercaptopurine, _BLOOD, _THIOPURINE, 59.1, _GEBHARD, day=1.0),
    Problem(
        "mercaptopurine, ten-fold influx: both clips reached",
        equations.mercaptopurine, _BLOOD, (*_THIOPURINE[:3], 2.1, *_THIOPURINE[4:]), 59.1, _GEBHARD, day=1.0,
    ),
    Problem("phenytoin", equations.saturable, (0.0, 0.0), _SATURABLE, 300.0, _PHENYTOIN),
    Problem("phenytoin above Vmax", equations.saturable, (0.0, 0.0), _SATURABLE, 500.0, _PHENYTOIN),
    Problem(
        "transit and indirect response",
        equations.indirect_response, (0.0,) * 5 + (100.0,), (4.0, 3.0, 30.0, 1.5, 2.0, 3.0, 0.03), 50.0,
        "Savic 2007, doi:10.1007/s10928-007-9066-0; Dayneka 1993, doi:10.1007/BF01061691; numbers ours",
    ),
    Problem(
        "target-mediated disposition",
        equations.target_mediated, (0.0, 0.0, 10.0, 0.0), (0.5, 0.02, 1000.0, 100.0, 0.5, 0.05, 0.1), 100.0,
        "Mager 2001, doi:10.1023/A:1014414520282; numbers ours", days=20, stiff=True,
    ),
    Problem(
        "effect compartment in fast equilibrium",
        equations.fast_effect, (0.0, 0.0, 0.0, 1.0), (2.0, 0.1, 20.0, 1e5, 4.0, 0.05), 100.0,
        "Sheiner 1979, doi:10.1002/cpt1979253358; numbers ours", days=20, stiff=True,
    ),
    Problem(
        "Robertson", equations.robertson, (0.0, 0.0, 0.0), (0.04, 3e7, 1e4), 1.0,
        "Robertson 1966, in Hairer and Wanner, doi:10.1007/978-3-642-05221-7, IV.1", days=20, stiff=True,
    ),
)  # fmt: skip
SWING = Problem("a rate that swings with time", equations.swing, (0.0,), (1.0,), 0.0, "sin(t)")
"""Apart from the others, whose days differ only by where they start."""


def problem_course(problem: Problem, patients: int, days: int, threads: int = 1) -> tuple[Floats, Floats]:
    """`course` of patients who differ by a fifth."""
    return course(
        problem.model, problem.patients(patients, 0.2), np.full((patients, days), problem.dose), None, threads
    )
