"""Typical parameters of described patients, worked by hand from the papers' equations."""

import numpy as np
import pytest

from pmrl.models.registry import model
from pmrl.typical import typical_patient

BSA_170_80 = (170.0 * 80.0 / 3600.0) ** 0.5
GENOTYPE = {"CYP2C9": "*1/*3", "VKORC1": "G/A", "CYP4F2": "C/T"}


def parameter(name, numbers, wanted, genotype=None, **covariates):
    chosen = model(name)
    patient = typical_patient(genotype or GENOTYPE, **covariates)
    return chosen.patients(patient, numbers, typical=True)[0, chosen.column(wanted)]


@pytest.mark.parametrize(
    ("name", "numbers", "wanted", "covariates", "expected"),
    [
        ("ohara-2014", "published", "cl", {}, 0.240 * 0.543 * (BSA_170_80 / 1.74) ** 2.14),
        ("ohara-2014", "published", "ic50", {}, 0.0725 * 2.07 * 1.30),
        ("ohara-2014", "published", "kout", {}, 0.0136),
        ("ohara-2014", "published", "inr_max", {}, 5.0),
        ("xia-2024", "published", "ec50", {"weight_kg": 90.0, "amiodarone": 1.0}, None),
        ("xia-2024", "published", "cl", {"age": 51.0}, (0.174 + 0.0422) * (1 + 0.00571 * 20)),
        ("xia-2024", "published", "gamma", {}, 1.39),
        ("hamberg-2007", "published", "cl", {"age": 51.0}, 0.314 * (1 - 0.453) * (1 + 0.0091 * 20)),
        ("hamberg-2007", "published", "k1", {}, 6.0 / 11.6),
        ("hamberg-2007", "published-slow-chain", "k1", {}, 1.0 / 11.6),
        ("hamberg-2007", "published", "cl", {"amiodarone": 1.0}, 0.314 * (1 - 0.453) * 0.75),
        ("hamberg-2010", "published", "cl", {"age": 91.0}, (0.174 + 0.0422) * (1 - 0.00571 * 20)),
    ],
)
def test_typical_value(name, numbers, wanted, covariates, expected):
    if expected is None:
        # CYP4F2 acts on EC50 relative to the average of the ancestry: compare with the reference weight.
        reference = parameter(name, numbers, wanted, weight_kg=60.0)
        expected = reference * (90.0 / 60.0) ** 1.34 * (1.0 - 0.602)
    assert parameter(name, numbers, wanted, **covariates) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("name", "numbers", "expected"),
    [
        (
            "hamberg-2007",
            "published",
            {"cl": 0.310, "v1": 0.262, "v2": 0.991, "mtt1": 0.141, "mtt2": 1.020, "ec50": 0.409},
        ),
        ("hamberg-2010", "published", {"cl": np.sqrt(0.089), "v": np.sqrt(0.054), "ec50": 0.34}),
        ("ohara-2014", "published", {"cl": 0.399, "ic50": 0.385, "kout": 0.456, "lambda": 0.241}),
        ("xia-2024", "published", {"ec50": np.sqrt(0.2712)}),
    ],
)
def test_published_variability(name, numbers, expected):
    found = model(name).numbers(numbers)
    assert {key: float(getattr(found, f"omega_{key}")) for key in expected} == pytest.approx(expected)
