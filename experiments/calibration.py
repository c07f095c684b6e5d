"""Refit Hamberg 2010 to the shipped IWPC patients: the parameter set `iwpc`.

Stable doses identify clearance x EC50 / bioavailability only. EC50 of the G allele is therefore held at its
published value, which keeps the concentrations at INR 2.5 near those observed, and the level of the dose
goes into the relative bioavailability (docs/warfarin.md). Clearance of *1 and INR's shape stay published.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

import pmrl
from pmrl import iwpc
from pmrl.errors import InputError
from pmrl.experiments.dose_prediction import predicted_dose, prediction_cohort, usable_rows
from pmrl.experiments.stable_dose import SpreadChoice, choose_spread
from pmrl.model import net_intake
from pmrl.models.registry import model
from pmrl.parameter import Parameter
from pmrl.patient_table import PatientTable

Floats = NDArray[np.float64]
MODEL = "hamberg-2010"
PARAMETER_SET = "iwpc"
FILE = "warfarin_iwpc.json"
START: Mapping[str, float] = {
    "bioavailability": 1.4,
    "ec50_a": 1.0,
    "cl_2": 0.1,
    "cl_3": 0.06,
    "cl_age": -0.008,
    "ec50_weight": 0.4,
    "cl_amiodarone": 0.75,
    "cl_inducer": 1.4,
}
"""What is fitted, and where the search starts; the optimum does not depend on it."""

SITES_LEFT_OUT = (3,)
"""Site 3 aims lower: its median INR on the stable dose is 1.8."""

SPREAD = ("omega_cl", "omega_ec50")
"""Between-patient variability, equal for both, chosen by simulation (`pmrl.experiments.stable_dose`)."""

_SOURCE = (
    "IWPC training patients without site 3, log least squares on the prescribed dose at INR 2.5; omega_cl = "
    "omega_ec50 chosen so that the simulated prescribed stable dose has the log-SD aimed at; this project "
    "(experiments/calibration.py)"
)
_DIGITS = 8


@dataclass(frozen=True)
class Fit:
    """A least-squares fit of ln(prescribed dose).

    Attributes:
        values: fitted numbers of the model by name.
        standard_errors: of each, from the Jacobian; patients count as independent of each other. None
            where nothing in the patients informs a number, such as an inducer that nobody takes.
        n: number of patients.
        mae_mg_week: mean absolute error on the fitted patients, mg/week.
        log_sd: SD of ln(observed / predicted) on them, with one degree of freedom lost per fitted number.
    """

    values: Mapping[str, float]
    standard_errors: Mapping[str, float | None]
    n: int
    mae_mg_week: float
    log_sd: float


@dataclass(frozen=True)
class Calibration:
    """A fit and the between-patient variability that goes with it."""

    fit: Fit
    spread: SpreadChoice

    @property
    def fitted(self) -> dict[str, float]:
        """Every number of the parameter set that this project determined."""
        return {**self.fit.values, **dict.fromkeys(SPREAD, self.spread.omega)}

    @property
    def record(self) -> dict[str, Any]:
        """The calibration file, as `pmrl.models.calibration_file` reads it."""
        fit, simulated = asdict(self.fit), asdict(self.spread)
        del fit["values"], simulated["omega"]
        return {
            "source": _SOURCE,
            "status": "derived",
            "fitted": self.fitted,
            **fit,
            "sites_left_out": list(SITES_LEFT_OUT),
            "net_intake": _rounded(net_intake(model(MODEL).numbers(PARAMETER_SET))),
            "simulated_stable_dose": simulated,
        }


def with_values(numbers: Any, values: Mapping[str, float], source: str = _SOURCE) -> Any:
    """`numbers` with some of them replaced, each `derived`."""
    units = {field.name: getattr(numbers, field.name).unit for field in fields(numbers)}
    return replace(
        numbers,
        **{name: Parameter(float(value), units[name], source, "derived") for name, value in values.items()},
    )


def training_rows(table: PatientTable) -> NDArray[np.int64]:
    """Rows the fit may use: of the training split, without the sites left out; the model needs no height."""
    training = iwpc.split(table)["train"]
    kept = training[~np.isin(table.site[training], SITES_LEFT_OUT)]
    if not kept.size:
        raise InputError("no training patients outside site 3: give a table with at least five patients")
    return kept[usable_rows(table.take(kept), height=False)]


def fit_doses(table: PatientTable) -> Fit:
    """Fit `START`'s numbers to the stable doses of every patient of `table`.

    Args:
        table: usable patients only (`usable_rows`).

    Raises:
        InputError: too few patients.
    """
    names, start = tuple(START), np.array(list(START.values()))
    if len(table) <= start.size:
        raise InputError(f"{len(table)} usable patients cannot determine {start.size} numbers; give more")
    hamberg = model(MODEL)
    numbers = hamberg.numbers(PARAMETER_SET)
    cohort = prediction_cohort(table.covariates, table.genotypes)
    observed = table.dose_mg_week

    def predict(scaled: Floats) -> Floats:
        values = dict(zip(names, scaled * start, strict=True))
        return predicted_dose(hamberg, cohort, with_values(numbers, values))

    def misfit(scaled: Floats) -> Floats:
        return np.asarray(np.log(predict(scaled) / observed))

    # In units of the start all numbers are near 1, so one tolerance serves them all.
    found = least_squares(misfit, np.ones(start.size), method="lm", xtol=1e-12, ftol=1e-14, gtol=1e-14)
    return _summary(names, found.x * start, start, np.asarray(found.jac), predict(found.x), observed)


def _summary(
    names: tuple[str, ...],
    values: Floats,
    scale: Floats,
    jacobian: Floats,
    predicted: Floats,
    observed: Floats,
) -> Fit:
    residual = np.log(observed / predicted)
    variance = float(residual @ residual) / (residual.size - values.size)
    informed = np.abs(jacobian).max(axis=0) > 0.0
    errors = np.abs(scale) * np.sqrt(variance * np.diag(np.linalg.pinv(jacobian.T @ jacobian)))
    return Fit(
        values={name: _rounded(value) for name, value in zip(names, values, strict=True)},
        standard_errors={
            name: _rounded(float(error), 3) if known else None
            for name, error, known in zip(names, errors, informed, strict=True)
        },
        n=residual.size,
        mae_mg_week=_rounded(float(np.abs(predicted - observed).mean()), 4),
        log_sd=_rounded(variance**0.5, 4),
    )


def _rounded(value: float, digits: int = _DIGITS) -> float:
    return float(f"{value:.{digits}g}")


def calibrate(
    table: PatientTable | None = None, progress: Callable[[float], None] | None = None
) -> Calibration:
    """Fit the parameter set `iwpc` and choose its between-patient variability.

    Args:
        table: patients with sites and stable doses; split as the shipped ones, which None means.
        progress: called with the fraction done, 0 to 1.

    Raises:
        InputError: too few usable patients.
    """
    table = iwpc.load() if table is None else table
    rows = training_rows(table)
    fit = fit_doses(table.take(rows))
    numbers = with_values(model(MODEL).numbers(PARAMETER_SET), fit.values)
    return Calibration(fit, choose_spread(table.take(rows), model(MODEL), numbers, SPREAD, progress))


def reproduces(
    shipped: Mapping[str, Any], refit: Mapping[str, Any], tolerance: float = 1e-6
) -> dict[str, bool]:
    """Whether each fitted number of a calibration file is found again, to a relative `tolerance`.

    Args:
        shipped: a calibration record, such as `pmrl.models.calibration_file.read_calibration` gives.
        refit: another, such as `Calibration.record`.
        tolerance: relative.

    >>> reproduces({"fitted": {"cl_2": 0.1, "cl_3": 0.05}}, {"fitted": {"cl_2": 0.1, "cl_3": 0.06}})
    {'cl_2': True, 'cl_3': False}
    """
    old, new = shipped["fitted"], refit["fitted"]
    return {
        name: name in old and name in new and abs(new[name] - old[name]) <= tolerance * abs(old[name])
        for name in sorted({*old, *new})
    }


def write(calibration: Calibration, path: Path) -> None:
    """Write a calibration as JSON, whole or not at all.

    Raises:
        InputError: the folder cannot be written to.
    """
    text = json.dumps(calibration.record, indent=1) + "\n"
    try:
        part = path.with_name(path.name + ".part")
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise InputError(f"'{path}' cannot be written ({error.strerror}); give a writable place") from None


def main() -> None:
    """Recompute the shipped file in the checkout."""
    write(calibrate(), Path(pmrl.__file__).parent / "data" / FILE)


if __name__ == "__main__":
    main()
