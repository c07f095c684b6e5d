"""Age, height and weight of a population, correlated within sex and race, and their conditional draws.

Six groups (sex x race), each a normal distribution of (age, height, log weight). What a patient's record
leaves out is drawn from the group's distribution given what it holds, within `RANGES`. The moments come
from the training part of the shipped IWPC data and are recomputed by
`python -m pmrl.experiments.covariate_moments`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

RACES = ("White", "Asian", "Black")
"""Races with covariate moments; the covariate "race" is an index into this tuple."""

SEXES = ("male", "female")
"""The covariate "female" is an index into this tuple."""

GROUPS = tuple((sex, race) for sex in SEXES for race in RACES)

BODY = ("age", "height_cm", "weight_kg")
FLAGS = ("amiodarone", "enzyme_inducer", "smoker")
COVARIATES = (*BODY, "female", "race", *FLAGS)
"""Names of every covariate of a cohort, in order."""

RANGES: Mapping[str, tuple[float, float]] = {
    "age": (18.0, 100.0),
    "height_cm": (130.0, 210.0),
    "weight_kg": (30.0, 200.0),
}
"""Limits within which unknown values are drawn: years, cm, kg."""

_LIMITS = np.array([RANGES["age"], RANGES["height_cm"], np.log(RANGES["weight_kg"])])


@dataclass(frozen=True)
class CovariateMoments:
    """Moments of the covariates of a population.

    Attributes:
        shares: fraction of each group among all patients, `(n_groups,)`.
        means: mean age (years), height (cm) and log weight (log kg), `(n_groups, 3)`.
        covariances: their covariances within a group, `(n_groups, 3, 3)`.
        flags: fraction of patients with each of `FLAGS`, among those recorded.
        source: where the numbers come from.
    """

    shares: NDArray[np.float64]
    means: NDArray[np.float64]
    covariances: NDArray[np.float64]
    flags: Mapping[str, float]
    source: str

    @property
    def race_shares(self) -> NDArray[np.float64]:
        """Fraction of each race, `(n_races,)`."""
        return np.asarray(self.shares.reshape(len(SEXES), len(RACES)).sum(axis=0))

    def with_race_shares(self, shares: NDArray[np.float64]) -> NDArray[np.float64]:
        """Group shares for other race shares `(n_races,)`, the sexes within a race unchanged."""
        by_race = self.shares.reshape(len(SEXES), len(RACES))
        return np.asarray((by_race / self.race_shares * shares).ravel())


@cache
def covariate_moments() -> CovariateMoments:
    """The shipped moments (`data/covariate_moments.json`; status derived)."""
    data = json.loads((files("pmrl") / "data" / "covariate_moments.json").read_text(encoding="utf-8"))
    by_group = {(group["sex"], group["race"]): group for group in data["groups"]}
    groups = [by_group[group] for group in GROUPS]
    sds = np.array([group["sd"] for group in groups])
    correlations = np.array([group["correlation"] for group in groups])
    counts = np.array([group["n"] for group in groups], dtype=np.float64)
    return CovariateMoments(
        shares=counts / counts.sum(),
        means=np.array([group["mean"] for group in groups]),
        covariances=sds[:, :, None] * correlations * sds[:, None, :],
        flags={flag: data["flags"][flag] for flag in FLAGS},
        source=data["source"],
    )


def group_index(female: NDArray[np.float64], race: NDArray[np.float64]) -> NDArray[np.int64]:
    """Index into `GROUPS` from the covariates "female" and "race", `(n_patients,)`."""
    return np.asarray(female * len(RACES) + race).astype(np.int64)


def group_probabilities(
    known: Mapping[str, NDArray[np.float64]], shares: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Probability of each group given the recorded covariates, `(n_patients, n_groups)`.

    Args:
        known: "female", "race" and `BODY`, `(n_patients,)` each, NaN where not recorded.
        shares: prior fraction of each group, `(n_groups,)`.
    """
    moments = covariate_moments()
    values = _standard(known)
    with np.errstate(divide="ignore"):  # nobody is of a race that no recorded patient has
        log_p = np.tile(np.log(shares), (values.shape[0], 1))
    for columns, rows in _patterns(values):
        for group in range(len(GROUPS)):
            covariance = moments.covariances[group][np.ix_(columns, columns)]
            distance = values[np.ix_(rows, columns)] - moments.means[group][columns]
            precision = np.linalg.inv(covariance)
            log_p[rows, group] -= 0.5 * np.einsum("ij,jk,ik->i", distance, precision, distance)
            log_p[rows, group] -= 0.5 * np.linalg.slogdet(covariance)[1]
    for name, of_group in zip(("female", "race"), np.divmod(np.arange(len(GROUPS)), len(RACES)), strict=True):
        wrong = ~np.isnan(known[name])[:, None] & (known[name][:, None] != of_group)
        log_p[wrong] = -np.inf
    p = np.exp(log_p - log_p.max(axis=1, keepdims=True))
    return np.asarray(p / p.sum(axis=1, keepdims=True))


def complete_body(
    known: Mapping[str, NDArray[np.float64]], group: NDArray[np.int64], uniform: NDArray[np.float64]
) -> dict[str, NDArray[np.float64]]:
    """Age, height and weight with the unknown ones drawn given the known ones, `(n_patients,)` each.

    Each is drawn in turn from its normal distribution given everything known or already drawn, truncated
    to `RANGES` by the quantile, so that a patient is a pure function of `uniform`.

    Args:
        known: `BODY`, NaN where not recorded.
        group: index into `GROUPS`, `(n_patients,)`.
        uniform: one uniform per patient and quantity, `(n_patients, 3)`.
    """
    values = _standard(known)
    for column, (low, high) in enumerate(_LIMITS):
        for given, rows in _patterns(values):
            if column in given:
                continue
            mean, sd = _conditional(values[rows], group[rows], column, given)
            p_low, p_high = ndtr((low - mean) / sd), ndtr((high - mean) / sd)
            z = ndtri(p_low + uniform[rows, column] * (p_high - p_low))
            values[rows, column] = np.clip(mean + sd * z, low, high)
    drawn = {"age": values[:, 0], "height_cm": values[:, 1], "weight_kg": np.exp(values[:, 2])}
    return {name: np.where(np.isnan(known[name]), drawn[name], known[name]) for name in BODY}


def _standard(known: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    """Age, height and log weight as the columns of one array."""
    return np.column_stack([known["age"], known["height_cm"], np.log(known["weight_kg"])])


def _patterns(values: NDArray[np.float64]) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Every combination of recorded columns that occurs, with the rows where it does."""
    recorded = ~np.isnan(values)
    code = recorded @ (1 << np.arange(values.shape[1]))
    first_rows = np.unique(code, return_index=True)[1]
    return [(np.flatnonzero(recorded[row]), np.flatnonzero(code == code[row])) for row in first_rows]


def _conditional(
    values: NDArray[np.float64], group: NDArray[np.int64], column: int, given: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and SD of one column given other columns of `values`, `(n_patients,)` each."""
    moments = covariate_moments()
    means, sds, slopes = [], [], []
    for mean, covariance in zip(moments.means, moments.covariances, strict=True):
        cross = covariance[column, given]
        slope = np.linalg.solve(covariance[np.ix_(given, given)], cross)
        slopes.append(slope)
        means.append(mean[column] - slope @ mean[given])
        sds.append(np.sqrt(covariance[column, column] - slope @ cross))
    intercept, slope_of = np.array(means)[group], np.array(slopes)[group]
    return intercept + (slope_of * values[:, given]).sum(axis=1), np.array(sds)[group]
