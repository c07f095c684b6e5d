"""Two copies of a variant do what the model says: to the maintenance dose, or to the harm of one dose."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray
from test_every_model import Case, cases, each_case

from pmrl.errors import InputError
from pmrl.genetics import ANCESTRIES, GENES
from pmrl.model import PatientModel
from pmrl.models.registry import model
from pmrl.solve import course
from pmrl.typical import typical_patient

Floats = NDArray[np.float64]
DAYS = 40
"""Of the standard dose, over which harm is summed: the four weeks of a start, and some."""
EFFECTS = {"lower dose": (-1, 0), "higher dose": (1, 0), "more harm": (0, 1), None: (0, 0)}
"""Sign of what every copy changes: the maintenance dose, and the harm of one dose where that stays."""


@dataclass(frozen=True)
class Gene:
    """A gene of a model with one parameter set."""

    case: Case
    name: str

    @property
    def variants(self) -> range:
        return range(1, len(GENES[self.name].alleles))

    def parameters(self, codes: tuple[int, int], ancestry: str) -> Floats:
        """Of the typical patient with this diplotype and the reference of all other genes."""
        people = self.case.model.cohorts
        reference = {gene: GENES[gene].label((0, 0)) for gene in people.genes}
        genotype = {**reference, self.name: GENES[self.name].label(codes)}
        # Warfarin describes a typical patient of its own.
        described = None if self.case.therapy.drug == "warfarin" else people
        patient = typical_patient(genotype, ancestry, population=described)
        return self.case.model.patients(patient, self.case.numbers, typical=True)

    def ladder(self, variant: int, ancestry: str) -> Floats:
        """Parameters with no, one and two copies, `(3, n_parameters)`."""
        pairs = ((0, 0), (0, variant), (variant, variant))
        return np.concatenate([self.parameters(pair, ancestry) for pair in pairs])


def goal(case: Case, p: Floats) -> float:
    """The therapy's target, or half way there where no dose takes the typical patient to it."""
    target, limit = case.therapy.target, 10.0 * case.therapy.grid.maximum
    start = float(course(case.model, p[:1], np.zeros((1, 0)))[0][0, 0])
    reachable = 0.0 < case.model.maintenance_dose(p[:1], target)[0] < limit
    return target if reachable else 0.5 * (start + target)


def harm(m: PatientModel, p: Floats, dose: float) -> Floats:
    """Expected harmful events over some days of a dose, `(n,)`."""
    states, total = m.initial(p), np.zeros(len(p))
    for _ in range(DAYS):
        states = course(m, p, np.full((len(p), 1), dose), states)[1]
        total += [m.harm(dose, y, one) for y, one in zip(states, p, strict=True)]
    return total


def steps(gene: Gene, variant: int, ancestry: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Sign of the change of dose and of harm with the first and the second copy, `(2,)` each."""
    case, p = gene.case, gene.ladder(variant, ancestry)
    dose = case.model.maintenance_dose(p, goal(case, p))
    assert (dose > 0.0).all()
    assert (dose < 10.0 * case.therapy.grid.maximum).all(), "no dose holds the target: nothing is compared"
    events = np.zeros(3) if case.model.harm is None else harm(case.model, p, case.therapy.standard_dose)
    return np.sign(np.diff(dose)).astype(np.int64), np.sign(np.diff(events)).astype(np.int64)


GENES_OF_MODELS = [Gene(case, name) for case in cases() for name in case.model.cohorts.genes]
each_gene = pytest.mark.parametrize(
    "gene", GENES_OF_MODELS, ids=lambda gene: f"{gene.case.model.name}:{gene.case.numbers}:{gene.name}"
)


@each_gene
def test_a_variant_does_what_the_model_says(gene: Gene) -> None:
    """With every copy or not at all; alleles may do nothing, but not all of a gene in every ancestry."""
    effect = gene.case.model.genotype_effects.get(gene.name)
    on_dose, on_harm = EFFECTS[effect]
    moved = []
    for variant, ancestry in product(gene.variants, ANCESTRIES):
        where = f"{GENES[gene.name].alleles[variant]}, {ancestry}"
        dose, events = steps(gene, variant, ancestry)
        assert ((dose == on_dose) | (dose == 0)).all(), where
        # One dose is more to a patient who needs less: its harm is asked for only where the dose stays.
        assert on_dose or ((events == on_harm) | (events == 0)).all(), where
        moved.append(dose.any() if on_dose else events.any())
    assert any(moved) == (effect is not None)


@each_case
def test_every_gene_has_its_say(case: Case) -> None:
    m = case.model
    assert set(m.genotype_effects) == set(m.cohorts.genes) - set(m.genes_without_effect)
    assert m.harm is not None or "more harm" not in m.genotype_effects.values()


@pytest.mark.parametrize(
    ("effects", "message"),
    [
        ({}, "what a variant of CYP2B6, ABCC4 does: give genotype_effects={'CYP2B6': 'lower dose'}"),
        ({"CYP2B6": "lower dose"}, "what a variant of ABCC4 does.*name the gene in genes_without_effect"),
        ({"CYPB6": "lower dose"}, "did you mean 'CYP2B6'"),
        ({"CYP2B6": "lower doses", "ABCC4": "lower dose"}, "did you mean 'lower dose'"),
    ],
)
def test_a_model_that_does_not_say_is_refused(effects: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        replace(model("sanchez-2011"), genotype_effects=effects)


def test_a_gene_does_something_or_nothing() -> None:
    with pytest.raises(InputError, match="gene in genotype_effects"):
        replace(model("baron-2016"), genotype_effects={"UGT2B15": "lower dose"})
