"""The contract that a published patient model fills in, checked when it is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from pmrl.cohort import Cohort
from pmrl.compiled import BIOMARKER, DAY, HARM, PREPARE, RHS_LANES, address
from pmrl.drug_balance import DrugBalance
from pmrl.errors import InputError, unknown
from pmrl.lanes import work_size
from pmrl.parameter import Anchor, Parameter
from pmrl.population import Population
from pmrl.randomness import Stream, normals

Floats = NDArray[np.float64]
GenotypeEffect = Literal["lower dose", "higher dose", "more harm"]


class Propagator(NamedTuple):
    """What moves a patient from one dose to the next without solving equations; see `PatientModel`."""

    prepare: Any
    day: Any
    n_constants: int


@dataclass(frozen=True)
class PatientModel:
    """One published model of patients on one drug.

    Individual parameters are arrays `(n_patients, n_parameters)`, states `(n_patients, n_states)`. The
    compiled functions have the signatures of `pmrl.compiled`: `rhs` is the paper's equations, `biomarker`
    what an exact assay measures, `prepare` and `day` an exact propagator where the structure allows one.
    Without it the general kernel, `pmrl.integrate`, solves the equations for many patients side by side, and
    asks for them by `rhs_lanes`, which `pmrl.lanes.side_by_side` makes of `rhs`.
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
    dose_state: str
    """The state that a dose is added to: `dose_fraction` x `bioavailability` x mg swallowed."""
    dose_fraction: Parameter
    """Amount of drug, in the states' unit, per mg swallowed: salt factor, share of an enantiomer, units."""
    bioavailability: str
    """The individual parameter that is the fraction absorbed."""
    rhs: Any
    biomarker: Any
    clearance: str
    """The parameter that interacting drugs act on."""
    sensitivity: str
    """The parameter that occasions and diet act on."""
    maintenance_dose: Callable[[Floats, float], Floats]
    """(individual parameters, biomarker target) -> mg/day taken that holds it at steady state."""
    anchors: tuple[Anchor, ...]
    cohorts: Population
    """Where the model's patients come from."""
    balance: DrugBalance
    """Where the drug is and how it leaves."""
    prepare: Any = None
    day: Any = None
    n_constants: int = 0
    """Length of the tables that `prepare` fills and `day` uses."""
    approximate: Propagator | None = None
    """Where there is no exact one, a propagator that is good enough for imagined patients."""
    rhs_lanes: Any = None
    harm: Any = None
    """The expected harmful events of a day, where the model knows a harm beyond the biomarker."""
    genes_without_effect: tuple[str, ...] = ()
    """Genes of the population that the model leaves alone, such as a marker of risk or a negative control."""
    genotype_effects: Mapping[str, GenotypeEffect] = field(default_factory=dict)
    """What two copies of a variant of each of the other genes do: to the dose that holds a target, or, at one
    and the same dose, to `harm`."""
    drift: float = 0.0
    """By how much of itself the biomarker may move without the drug, as where a patient recovers."""
    settling_days: int = 400
    """Days of a constant dose after which the biomarker is taken to be steady."""
    doses_per_day: int = 1
    """Equal shares, equally far apart, in which a day's dose is taken."""
    strictness: float = 1.0
    """By how much smaller than usual the general kernel keeps the error of a step, which is measured by the
    peak of a state: for a biomarker that falls far below it between doses."""
    cycles: bool = False
    """Whether the biomarker of some patients goes up and down by itself on a constant dose: what is said of
    steady states then holds for those in whom it comes to rest."""

    def __post_init__(self) -> None:
        for label, name, allowed in (
            ("clearance", self.clearance, self.parameters),
            ("sensitivity", self.sensitivity, self.parameters),
            ("dose_state", self.dose_state, self.states),
            ("bioavailability", self.bioavailability, self.parameters),
        ):
            if name not in allowed:
                raise unknown(f"{label} of model {self.name}:", name, allowed)
        if (self.prepare is None) != (self.day is None):
            raise TypeError(
                f"{self.name}: prepare and day make an exact propagator together: give both or none"
            )
        if self.day is None and self.rhs_lanes is None:
            raise TypeError(f"{self.name}: give an exact propagator, prepare and day, or rhs_lanes")
        if self.doses_per_day < 1:
            raise TypeError(f"{self.name}: doses_per_day {self.doses_per_day}: give 1 or more")
        for set_name, numbers in self.parameter_sets.items():
            for one in fields(numbers):
                if not isinstance(getattr(numbers, one.name), Parameter):
                    raise TypeError(f"{self.name}, set {set_name}: {one.name} is not a Parameter")
        self._require_genotype_effects()

    def _require_genotype_effects(self) -> None:
        """Every gene of the population is said to do something, or to do nothing.

        Raises:
            InputError: a gene is left out, is said to do both, or is not of the population; or an effect that
                there is not.
        """
        moving = [gene for gene in self.cohorts.genes if gene not in self.genes_without_effect]
        for gene, effect in self.genotype_effects.items():
            if gene not in moving:
                raise unknown(f"gene in genotype_effects of model {self.name}:", gene, moving)
            if effect not in get_args(GenotypeEffect):
                raise unknown(f"effect of {gene} on model {self.name}:", effect, get_args(GenotypeEffect))
        unsaid = [gene for gene in moving if gene not in self.genotype_effects]
        if unsaid:
            raise InputError(
                f"model {self.name} does not say what a variant of {', '.join(unsaid)} does: give "
                f"genotype_effects={{'{unsaid[0]}': 'lower dose'}}, 'higher dose' or 'more harm', for two "
                "copies of it, or name the gene in genes_without_effect"
            )

    @cached_property
    def code(self) -> NDArray[np.int64]:
        """The model as kernels take it, in the order of `pmrl.engine`; the addresses are of this process."""
        exact = self.day is not None
        return np.array(
            [
                0 if exact else address(self.rhs_lanes, RHS_LANES),
                address(self.prepare, PREPARE) if exact else 0,
                address(self.day, DAY) if exact else 0,
                address(self.biomarker, BIOMARKER),
                exact,
                self.n_constants if exact else work_size(len(self.states), len(self.parameters)),
                self.states.index(self.dose_state),
                *(self.column(name) for name in (self.bioavailability, self.clearance, self.sensitivity)),
                self.doses_per_day,
                0 if self.harm is None else address(self.harm, HARM),
            ],
            dtype=np.int64,
        )

    @cached_property
    def units(self) -> Floats:
        """Amount per mg swallowed, the length of a day in the model's time unit, and the strictness."""
        return np.array([float(self.dose_fraction), 24.0 / self.time_unit_hours, self.strictness])

    def __getstate__(self) -> dict[str, Any]:
        """Without `code`, whose addresses would lead another process astray."""
        return {name: value for name, value in vars(self).items() if name != "code"}

    def intake(self, dose: float, parameters: Floats) -> float:
        """What `dose` mg add to the dose state of a patient with these parameters, `(n_parameters,)`."""
        return float(self.dose_fraction) * float(parameters[self.column(self.bioavailability)]) * dose

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
