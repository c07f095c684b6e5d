"""What every patient model of every drug must do: a new line in the registry is tested by being there."""

from __future__ import annotations

from dataclasses import dataclass, fields
from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray

from pmrl.cohort import Cohort
from pmrl.envs.registry import THERAPIES, therapy
from pmrl.envs.therapy import Therapy
from pmrl.genetics import GENES
from pmrl.model import PatientModel
from pmrl.models.registry import MODELS, model
from pmrl.parameter import Parameter
from pmrl.solve import course, reference_course
from pmrl.typical import typical_patient

Floats = NDArray[np.float64]
N, SEED = 600, 5


@dataclass(frozen=True)
class Case:
    """One model with one parameter set, and the therapy that it is of."""

    model: PatientModel
    numbers: str
    therapy: Therapy

    def patients(self, n: int = N, first: int = 0) -> Cohort:
        return self.model.cohorts.maker("sampled", SEED, None)(first, n)

    def parameters(self) -> Floats:
        return self.model.patients(self.patients(), self.numbers)

    def course(self, p: Floats, dose: float, days: int = 60) -> Floats:
        return course(self.model, p, np.full((len(p), days), dose))[0]

    def response(self, p: Floats, dose: float, days: int) -> Floats:
        """Of each patient: the last day, or the geometric mean of the days where more drug shifts cycles."""
        values = self.course(p, dose, days)
        return np.exp(np.log(values).mean(axis=1)) if self.model.cycles else values[:, -1]


def cases() -> list[Case]:
    found = [(model(name), therapy(drug)) for drug in THERAPIES for name in therapy(drug).models]
    return [Case(m, numbers, of) for m, of in found for numbers in m.parameter_sets]


each_case = pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case.model.name}:{case.numbers}")


def test_every_model_belongs_to_a_therapy() -> None:
    assert {case.model.name for case in cases()} == set(MODELS)
    for case in cases():
        assert case.model.drug == case.therapy.drug
        assert case.model.cohorts.covariates == case.therapy.population.covariates
        assert set(case.therapy.features) <= {one.name for one in case.model.cohorts.covariates}
        assert {gene for gene, _ in case.therapy.genes} <= set(case.model.cohorts.genes) <= set(GENES)


@each_case
def test_every_number_says_where_it_is_from(case: Case) -> None:
    numbers = case.model.numbers(case.numbers)
    found = [getattr(numbers, field.name) for field in fields(numbers)]
    found += [number for one in case.model.cohorts.covariates for number in (one.typical, *one.numbers)]
    for number in (*found, *case.therapy.parameters.values()):
        assert isinstance(number, Parameter)
        assert np.isfinite(float(number))
        assert len(number.source.split()) >= 2, f"'{number.source}' does not say where"


@each_case
def test_parameters_are_finite_positive_and_the_patients_own(case: Case) -> None:
    p = case.parameters()
    assert p.shape == (N, len(case.model.parameters))
    assert p.flags["C_CONTIGUOUS"]
    bad = [case.model.parameters[i] for i in np.flatnonzero(~(np.isfinite(p) & (p > 0)).all(axis=0))]
    assert bad == []
    some = np.array([N - 1, 3, 70])
    np.testing.assert_array_equal(case.model.patients(case.patients().take(some), case.numbers), p[some])
    later = case.model.patients(case.patients(10, first=50), case.numbers)
    np.testing.assert_array_equal(later, p[50:60])


@each_case
def test_without_drug_nothing_changes(case: Case) -> None:
    values = case.course(case.parameters(), 0.0)
    scale = np.abs(values[:, :1]) + 1e-12
    assert (np.abs(values - values[:, :1]) <= case.model.drift * scale + 1e-9).all()


@each_case
def test_a_day_is_what_a_tight_solver_says(case: Case) -> None:
    """First dose and maintenance, the most and the least sensitive of some patients."""
    p = case.parameters()
    days, dose = 24, 1.5 * case.therapy.standard_dose
    last = case.course(p, dose, days)[:, -1]
    for row in (int(np.argmin(last)), int(np.argmax(last)), 0):
        expected = reference_course(case.model, p[row], np.full(days, dose), 1e-12)[0]
        found = case.course(p[row : row + 1], dose, days)[0]
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5 * np.abs(expected).max())


@each_case
def test_every_patient_responds_and_more_drug_is_more_effect(case: Case) -> None:
    p = case.parameters()
    days = min(case.therapy.horizon_days, 120)
    none, some, more = (case.response(p, share * case.therapy.standard_dose, days) for share in (0, 0.5, 1))
    direction = np.sign(np.median(more - none))
    assert ((more - some) * direction > 0.0).all()
    assert ((some - none) * direction > 0.0).all()


@each_case
def test_the_maintenance_dose_maintains(case: Case) -> None:
    """A trough is lower than the average that some models reckon with."""
    p = case.parameters()[:40]
    target = case.therapy.target
    dose = case.model.maintenance_dose(p, target)
    reachable = np.isfinite(dose) & (dose > 0.0) & (dose < 10.0 * case.therapy.grid.maximum)
    assert reachable.any()
    days = case.model.settling_days
    values = course(case.model, p, np.repeat(dose[:, None], days, axis=1))[0][:, days // 2 :]
    resting = (not case.model.cycles) | (np.ptp(values, axis=1) < 0.5 * target)
    held = reachable & resting
    assert held.dtype == np.bool_
    assert held.any()
    found = np.exp(np.log(values).mean(axis=1)) if case.model.cycles else values[:, -1]
    np.testing.assert_allclose(found[held], target, rtol=0.2)


@each_case
def test_genes_matter_as_the_model_says(case: Case) -> None:
    """Each gene of the population: two copies of any allele against two of the reference."""
    m = case.model
    people = None if case.therapy.drug == "warfarin" else m.cohorts

    def typical(genotype: dict[str, str], ancestry: str) -> Floats:
        patient = typical_patient(genotype, ancestry, population=people)
        return m.patients(patient, case.numbers, typical=True)

    reference, moved = {gene: GENES[gene].label((0, 0)) for gene in m.cohorts.genes}, set()
    for ancestry, gene in product(("European", "African"), m.cohorts.genes):
        for code in range(1, len(GENES[gene].alleles)):
            changed = {**reference, gene: GENES[gene].label((code, code))}
            if not np.array_equal(typical(changed, ancestry), typical(reference, ancestry)):
                moved.add(gene)
    assert moved == set(m.cohorts.genes) - set(m.genes_without_effect)
