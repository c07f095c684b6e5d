"""Starting doses of mercaptopurine by TPMT and NUDT15 phenotype, as CPIC and DPWG have them.

A gene that is not typed counts as normal. CPIC's 10 mg/m2 on three days a week for TPMT poor metabolisers is
given as its daily mean, 4.3 mg/m2: the daily dose that clinic, rules and agents reckon with stays one number.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pmrl.genetics import functionless_count
from pmrl.parameter import Parameter

Floats = NDArray[np.float64]
Genotypes = Mapping[str, NDArray[np.int8]]
_CPIC = "CPIC guideline for thiopurines, TPMT and NUDT15"
_DPWG = "DPWG guideline for mercaptopurine"
STANDARD = Parameter(75.0, "mg/m2/day", _CPIC, "guideline")
ONE_INTERMEDIATE = Parameter(0.55, "of the standard dose", _CPIC + ": the middle of 30 to 80%", "guideline")
BOTH_INTERMEDIATE = Parameter(
    0.30, "of the standard dose", _CPIC + ": less than for one; the lower end of its range", "assumption"
)
NUDT15_POOR = Parameter(10.0, "mg/m2/day", _CPIC, "guideline")
TPMT_POOR = Parameter(30.0 / 7.0, "mg/m2/day", _CPIC + ": 10 mg/m2, three days a week", "guideline")
DPWG_INTERMEDIATE = Parameter(0.50, "of the standard dose", _DPWG, "guideline")
DPWG_POOR = Parameter(0.10, "of the standard dose", _DPWG, "guideline")


def _lost(genotypes: Genotypes) -> tuple[Floats, Floats]:
    """Copies without function of TPMT and of NUDT15, `(n_patients,)` each; 0 where not typed."""
    tpmt, nudt15 = (np.nan_to_num(functionless_count(genotypes[gene], gene)) for gene in ("TPMT", "NUDT15"))
    return tpmt, nudt15


def cpic_start(genotypes: Genotypes) -> Floats:
    """CPIC's starting dose, mg/m2/day, `(n_patients,)`.

    Args:
        genotypes: diplotypes of TPMT and NUDT15, `(n_patients, 2)` each.

    >>> from pmrl.genetics import GENES
    >>> tpmt = GENES["TPMT"].parse_all(["*1/*1", "*1/*3A", "*3A/*3C", "*1/*1"])
    >>> nudt15 = GENES["NUDT15"].parse_all(["*1/*1", "*1/*1", "*1/*1", "*3/*3"])
    >>> cpic_start({"TPMT": tpmt, "NUDT15": nudt15}).round(2).tolist()
    [75.0, 41.25, 4.29, 10.0]
    """
    tpmt, nudt15 = _lost(genotypes)
    intermediate = (tpmt == 1).astype(np.int64) + (nudt15 == 1)
    share = np.array([1.0, float(ONE_INTERMEDIATE), float(BOTH_INTERMEDIATE)])[intermediate]
    poor = [tpmt == 2, nudt15 == 2]
    return np.asarray(np.select(poor, [float(TPMT_POOR), float(NUDT15_POOR)], float(STANDARD) * share))


def dpwg_start(genotypes: Genotypes) -> Floats:
    """DPWG's starting dose, mg/m2/day, `(n_patients,)`: that of the gene that asks for less.

    >>> from pmrl.genetics import GENES
    >>> tpmt, nudt15 = GENES["TPMT"].parse_all(["*1/*3A"]), GENES["NUDT15"].parse_all(["*2/*3"])
    >>> dpwg_start({"TPMT": tpmt, "NUDT15": nudt15}).tolist()
    [7.5]
    """
    worst = np.maximum(*_lost(genotypes)).astype(np.int64)
    return np.asarray(float(STANDARD) * np.array([1.0, float(DPWG_INTERMEDIATE), float(DPWG_POOR)])[worst])
