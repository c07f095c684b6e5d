"""Drawing virtual patients: ancestry, diplotypes and covariates as pure functions of (seed, patient id).

Each quantity has its own numbered draw (`Draw`, and one per gene in the order of `GENES`), so patient i
of seed s is the same whatever else is drawn, in whatever batch, order or process.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from pmrl.covariates import FLAGS, RACES, complete_body, covariate_moments, group_index, group_probabilities
from pmrl.errors import InputError, unknown
from pmrl.genetics import ANCESTRIES, GENES
from pmrl.patient_table import PatientTable
from pmrl.randomness import Stream, uniforms

ANCESTRY_OF_RACE: Mapping[str, str] = {"White": "European", "Asian": "East Asian", "Black": "African"}
RACE_OF_ANCESTRY: Mapping[str, str] = {
    **{ancestry: race for race, ancestry in ANCESTRY_OF_RACE.items()},
    # The OMB records Latino as ethnicity, not as race; most Latino patients are recorded as White.
    "Latino": "White",
}

RECORDED_GENES = ("CYP2C9", "VKORC1", "CYP4F2", "rs12777823")
"""Those that matter for warfarin, the drug of the shipped patients."""

UNTYPED_ALLELE = ("CYP2C9", "*8")
"""The allele that patient tables are blind to unless one of their patients has it: read as the reference."""


class Draw(IntEnum):
    """Which draw of the stream COVARIATE; each gives two uniforms."""

    GROUP_AND_AGE = 0
    HEIGHT_AND_WEIGHT = 1
    AMIODARONE_AND_INDUCER = 2
    SMOKER = 3


def draw_index(probabilities: NDArray[np.float64], uniform: NDArray[np.float64]) -> NDArray[np.int64]:
    """An index per patient from probabilities `(n_patients, k)` and one uniform each."""
    total = np.cumsum(probabilities, axis=1)
    return np.asarray((uniform[:, None] * total[:, -1:] >= total[:, :-1]).sum(axis=1))


def ancestry_shares(ancestry: Mapping[str, float] | str | None) -> NDArray[np.float64]:
    """Share of each of `ANCESTRIES`, shape `(4,)`, from a user's wish; None = as in the IWPC training data.

    Raises:
        InputError: unknown ancestry, a negative share, or shares that do not sum to 1.
    """
    if ancestry is None:
        shares = covariate_moments().race_shares
        wish = {ANCESTRY_OF_RACE[race]: float(share) for race, share in zip(RACES, shares, strict=True)}
    else:
        wish = {ancestry: 1.0} if isinstance(ancestry, str) else dict(ancestry)
    for name, share in wish.items():
        if name not in ANCESTRIES:
            raise unknown("ancestry", str(name), ANCESTRIES)
        if not 0 <= share <= 1:
            raise InputError(f"share {share} of ancestry '{name}'; shares are fractions from 0 to 1")
    if abs(sum(wish.values()) - 1) > 1e-6:
        raise InputError(f"ancestry shares sum to {sum(wish.values()):g}; they must sum to 1")
    return np.array([wish.get(name, 0.0) for name in ANCESTRIES])


def draw_genotypes(
    seed: int, ids: NDArray[np.int64], ancestry: NDArray[np.int8], genes: Sequence[str]
) -> dict[str, NDArray[np.int8]]:
    """Diplotypes of these genes in Hardy-Weinberg proportions of the patients' ancestries, `(n, 2)` each.

    A patient's diplotype of a gene is the same whichever others are asked for.
    """
    genotypes = {}
    for number, (name, gene) in enumerate(GENES.items()):
        if name not in genes:
            continue
        frequencies = np.array([gene.frequency(one) for one in ANCESTRIES])[ancestry]
        uniform = uniforms(seed, ids, Stream.GENOTYPE, day=number)
        pair = [draw_index(frequencies, uniform[:, copy]) for copy in (0, 1)]
        genotypes[name] = np.sort(np.column_stack(pair), axis=1).astype(np.int8)
    return genotypes


def diplotype_shares(gene: str, codes: NDArray[np.int8]) -> NDArray[np.float64]:
    """How frequent a patient's diplotype is in each of `ANCESTRIES`, `(n, 4)`; 1 where it is unknown."""
    p = np.array([GENES[gene].frequency(one) for one in ANCESTRIES]).T
    shares = p[codes[:, 0]] * p[codes[:, 1]] * np.where(codes[:, :1] == codes[:, 1:], 1.0, 2.0)
    return np.where(codes[:, :1] < 0, 1.0, shares)


def complete_covariates(
    seed: int,
    ids: NDArray[np.int64],
    known: Mapping[str, NDArray[np.float64]],
    race_shares: NDArray[np.float64],
    flag_shares: Mapping[str, float],
) -> dict[str, NDArray[np.float64]]:
    """Every covariate, the unknown ones (NaN) drawn given the known ones, `(n_patients,)` each.

    Args:
        seed: cohort seed.
        ids: patient ids, `(n_patients,)`.
        known: all of `COVARIATES`, NaN where not recorded.
        race_shares: fraction of each of `RACES` among patients of unrecorded race.
        flag_shares: fraction of patients with each of `FLAGS` among the unrecorded.
    """
    uniform = {draw: uniforms(seed, ids, Stream.COVARIATE, day=int(draw)) for draw in Draw}
    female, race = _complete_groups(known, race_shares, uniform[Draw.GROUP_AND_AGE][:, 0])
    body_uniform = np.column_stack([uniform[Draw.GROUP_AND_AGE][:, 1], uniform[Draw.HEIGHT_AND_WEIGHT]])
    body = complete_body(known, group_index(female, race), body_uniform)
    flag_uniform = np.column_stack([uniform[Draw.AMIODARONE_AND_INDUCER], uniform[Draw.SMOKER][:, :1]])
    flags = {
        flag: np.where(np.isnan(known[flag]), flag_uniform[:, column] < flag_shares[flag], known[flag])
        for column, flag in enumerate(FLAGS)
    }
    return {**body, "female": female, "race": race, **flags}


def _complete_groups(
    known: Mapping[str, NDArray[np.float64]], race_shares: NDArray[np.float64], uniform: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Sex and race, drawn together where either is unknown, given whatever else is known."""
    female, race = known["female"].copy(), known["race"].copy()
    rows = np.isnan(female) | np.isnan(race)
    if rows.any():
        shares = covariate_moments().with_race_shares(race_shares)
        p = group_probabilities({name: values[rows] for name, values in known.items()}, shares)
        female[rows], race[rows] = np.divmod(draw_index(p, uniform[rows]), len(RACES))
    return female, race


def ancestry_of_race(race: NDArray[np.float64]) -> NDArray[np.int8]:
    """Index into `ANCESTRIES` from the covariate "race"."""
    table = [ANCESTRIES.index(ANCESTRY_OF_RACE[name]) for name in RACES]
    return np.array(table, dtype=np.int8)[race.astype(np.int64)]


def race_of_ancestry(ancestry: NDArray[np.int8]) -> NDArray[np.float64]:
    """The covariate "race" from indices into `ANCESTRIES`."""
    return np.array([RACES.index(RACE_OF_ANCESTRY[name]) for name in ANCESTRIES], dtype=np.float64)[ancestry]


def recorded_race_shares(table: PatientTable) -> NDArray[np.float64]:
    """Fraction of each of `RACES` among the recorded; the shipped moments' where none is recorded."""
    recorded = table.race[~np.isnan(table.race)].astype(np.int64)
    if not recorded.size:
        return covariate_moments().race_shares
    return np.bincount(recorded, minlength=len(RACES)) / recorded.size


def recorded_flag_shares(table: PatientTable) -> dict[str, float]:
    """Fraction with each of `FLAGS` among the recorded; the shipped moments' where none is recorded."""
    recorded = {flag: getattr(table, flag)[~np.isnan(getattr(table, flag))] for flag in FLAGS}
    moments = covariate_moments().flags
    return {flag: float(values.mean()) if values.size else moments[flag] for flag, values in recorded.items()}


def reveal_untyped_allele(
    seed: int, ids: NDArray[np.int64], ancestry: NDArray[np.int8], recorded: NDArray[np.int8]
) -> NDArray[np.int8]:
    """True CYP2C9 diplotypes behind recorded ones that cannot show `UNTYPED_ALLELE`, `(n, 2)`.

    Each recorded reference allele is the untyped one with probability f8 / (f1 + f8) of the ancestry.
    """
    gene, hidden = GENES[UNTYPED_ALLELE[0]], GENES[UNTYPED_ALLELE[0]].index(UNTYPED_ALLELE[1])
    frequencies = np.array([gene.frequency(one) for one in ANCESTRIES])[ancestry]
    share = frequencies[:, hidden] / (frequencies[:, 0] + frequencies[:, hidden])
    uniform = uniforms(seed, ids, Stream.GENOTYPE, day=list(GENES).index(gene.name))
    true = np.where((recorded == 0) & (uniform < share[:, None]), np.int8(hidden), recorded)
    return np.sort(true, axis=1)
