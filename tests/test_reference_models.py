"""The package against each drug's equations written a second time (`reference_models`), course by course.

`tests/data/reference_models.csv` is what the second implementations gave; `python -m reference_models`, run
in `tests`, writes it.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from reference_models import REFERENCES
from reference_models.case import Case, Reference
from reference_models.table import FILE, key, recorded

from pmrl.model import PatientModel
from pmrl.models.registry import MODELS, model
from pmrl.solve import course
from pmrl.typical import typical_patient

FOLDER = Path(__file__).parent / "reference_models"
OLDER = ("hamberg-2007", "hamberg-2010")
"""Models whose second implementation is in `test_second_implementation.py`."""
HERE = tuple(name for name in MODELS if name not in OLDER)


@dataclass(frozen=True)
class Again:
    """One case of one second implementation."""

    reference: Reference
    case: Case

    @property
    def model(self) -> str:
        return self.reference.MODEL

    @property
    def name(self) -> str:
        return f"{self.model}: {self.case.name}"


CASES = [Again(reference, case) for reference in REFERENCES.values() for case in reference.CASES]
# A reference may be there before its drug is.
OF_THE_PACKAGE = [one for one in CASES if one.model in MODELS]
COURSES = {one.name: one for one in CASES}
each_model = pytest.mark.parametrize("name", HERE)


def required(name: str) -> Reference:
    assert name in REFERENCES, (
        f"{name} has no second implementation: add a module with its equations, written from the paper and "
        "without pmrl, to tests/reference_models, a line in its __init__.py, and run `python -m "
        "reference_models` in tests"
    )
    return REFERENCES[name]


@cache
def again(name: str) -> NDArray[np.float64]:
    one = COURSES[name]
    return np.array(one.reference.course(one.case))


def of_the_package(m: PatientModel, case: Case) -> NDArray[np.float64]:
    patient = typical_patient(
        case.patient.genotype,
        case.patient.ancestry,
        population=None if m.drug == "warfarin" else m.cohorts,
        **case.patient.covariates,
    )
    p = m.patients(patient, case.numbers, typical=True)
    return course(m, p, np.array([case.doses]))[0][0]


@each_model
def test_every_model_has_a_second_implementation(name: str) -> None:
    m, reference = model(name), required(name)
    wanted = "published" if "published" in m.parameter_sets else m.default_set
    assert wanted in {case.numbers for case in reference.CASES}, f"no case of {name} is of the set {wanted}"
    assert m.doses_per_day == reference.DOSES_PER_DAY


@each_model
def test_every_gene_is_varied(name: str) -> None:
    patients = [case.patient for case in required(name).CASES]
    for gene in set(model(name).cohorts.genes) - set(model(name).genes_without_effect):
        diplotypes = {patient.genotype[gene] for patient in patients if gene in patient.genotype}
        assert len(diplotypes) > 1, f"the cases of {name} have {gene} {diplotypes} only"


@each_model
def test_doses_are_constant_in_one_case_and_missed_in_another(name: str) -> None:
    doses = [case.doses for case in required(name).CASES]
    assert any(len(set(one)) == 1 and one[0] > 0.0 for one in doses)
    assert any(0.0 in one and max(one) > 2.0 * np.median(one) for one in doses)


@pytest.mark.parametrize("one", OF_THE_PACKAGE, ids=lambda one: one.name)
def test_the_package_agrees_with_the_second_implementation(one: Again) -> None:
    found, expected = of_the_package(model(one.model), one.case), again(one.name)
    assert np.isfinite(expected).all()
    np.testing.assert_allclose(found, expected, rtol=one.reference.RTOL, atol=0.0)


@pytest.mark.parametrize("name", REFERENCES)
def test_the_file_is_what_the_second_implementation_gives(name: str) -> None:
    file = {which: rest for which, rest in recorded().items() if which[0] == name}
    mine = [one for one in CASES if one.model == name]
    stale = f"{FILE.name} is stale: run `python -m reference_models` in tests"
    assert list(file) == [key(one.reference, one.case) for one in mine], stale
    for one, (doses, values) in zip(mine, file.values(), strict=True):
        assert doses == [*(f"{dose:g}" for dose in one.case.doses), ""], stale
        np.testing.assert_allclose(values, again(one.name), rtol=1e-6, atol=0.0, err_msg=stale)


def test_names_of_cases_are_unique() -> None:
    assert len(COURSES) == len(CASES)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.name)
def test_the_second_implementations_know_nothing_of_the_package(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] + [getattr(node, "module", None) or ""]
            assert not any(name.split(".")[0] == "pmrl" for name in names)
