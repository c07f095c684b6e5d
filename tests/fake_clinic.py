"""A clinic without bodies: the test gives the labs; visits and history are as in the real one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from pmrl.agents.policy import Policy
from pmrl.dose_equations import gage_clinical
from pmrl.envs.safety_event import SafetyEvent
from pmrl.envs.therapy import DoseGrid, Therapy, VisitSchedule
from pmrl.envs.visit import History, Prescription, Visit
from pmrl.genetics import GENES
from pmrl.iwpc import RecordedPopulation
from pmrl.variability import Variability

Floats = NDArray[np.float64]
MAX_VISITS, MAX_DAYS = 64, 400

THERAPY = Therapy(
    id="pmrl/FakeWarfarin-v1",
    drug="warfarin",
    version=1,
    biomarker="INR",
    biomarker_unit="",
    biomarker_range=(0.8, 20.0),
    target_low=2.0,
    target_high=3.0,
    grid=DoseGrid(0.0, 15.0, 0.5, "mg"),
    schedule=VisitSchedule((0, 2, 4, 7, 10, 14), 7),
    horizon_days=90,
    intervals=(1, 2, 7, 14, 28),
    standard_dose=5.0,
    safety_events={"INR > 4": SafetyEvent(4.0)},
    models=(),
    features=(),
    genes=(),
    dose_estimate=gage_clinical,
    parameters={},
    population=RecordedPopulation(),
    variability=Variability(),
)

REFERENCE: Mapping[str, float] = {
    "age": 50.0,
    "height_cm": 175.0,
    "weight_kg": 80.0,
    "race": 0.0,
    "amiodarone": 0.0,
    "enzyme_inducer": 0.0,
    "smoker": 0.0,
}
"""The patient of the worked examples: 50 years, 175 cm, 80 kg, White, no interacting drug."""


def covariates(*patients: Mapping[str, float]) -> dict[str, Floats]:
    """Known covariates of patients who differ from `REFERENCE` in what is given."""
    return {
        name: np.array([{**REFERENCE, **patient}[name] for patient in patients], dtype=np.float64)
        for name in REFERENCE
    }


def genotypes(vkorc1: Sequence[str], cyp2c9: Sequence[str]) -> dict[str, NDArray[np.int8]]:
    """Known diplotypes from their names, '' for unknown."""
    return {"VKORC1": GENES["VKORC1"].parse_all(vkorc1), "CYP2C9": GENES["CYP2C9"].parse_all(cyp2c9)}


class Clinic:
    """Patients who come to visits, each on a day of their own."""

    def __init__(
        self,
        known: Mapping[str, Floats],
        diplotypes: Mapping[str, NDArray[np.int8]],
        *,
        therapy: Therapy = THERAPY,
        ids: NDArray[np.int64] | None = None,
    ) -> None:
        n = next(iter(known.values())).size
        self.therapy, self.known, self.diplotypes = therapy, known, diplotypes
        self.ids = np.arange(n) if ids is None else ids
        self.established = False
        self.day = np.zeros(n, dtype=np.int64)
        self.count = np.zeros(n, dtype=np.int64)
        self.columns = {name: np.full((n, MAX_VISITS), np.nan) for name in ("day", "lab", "dose", "interval")}
        self.daily = np.full((n, MAX_DAYS), np.nan)

    def been_on(self, dose: Floats, lab: Floats) -> None:
        """Patients come with a history: one visit a week before day 0."""
        for name, values in (("day", -7.0), ("lab", lab), ("dose", dose), ("interval", 7.0)):
            self.columns[name][:, 0] = values
        self.count += 1
        self.established = True

    def visit(self, lab: Floats) -> Visit:
        """Today's visit with these lab results; call it once a visit."""
        rows = np.arange(self.ids.size)
        self.columns["day"][rows, self.count] = self.day
        self.columns["lab"][rows, self.count] = lab
        self.count += 1
        columns = {name: values.copy() for name, values in self.columns.items()}
        next_day = np.array([self.therapy.schedule.next_day(int(day)) for day in self.day])
        return Visit(
            therapy=self.therapy,
            ids=self.ids,
            day=self.day.copy(),
            interval_days=next_day - self.day,
            covariates=self.known,
            genotypes=self.diplotypes,
            history=History(**columns, count=self.count.copy(), daily_dose=self.daily.copy()),
            established=self.established,
        )

    def follow(self, prescription: Prescription, interval_days: NDArray[np.int64]) -> None:
        """Patients take what was prescribed and come again after `interval_days`."""
        for row, interval in enumerate(interval_days):
            last = prescription.doses.shape[1] - 1
            doses = [prescription.doses[row, min(day, last), 0] for day in range(interval)]
            self.daily[row, self.day[row] : self.day[row] + interval] = doses
            self.columns["dose"][row, self.count[row] - 1] = np.mean(doses)
            self.columns["interval"][row, self.count[row] - 1] = interval
        self.day = self.day + interval_days


N = 12
"""Patients of `people` and `labs`."""


def people(seed: int = 1) -> Clinic:
    """Patients of all sorts: any genotype, a third of all values unknown."""
    random = np.random.default_rng(seed)
    spread = {name: value * random.uniform(0.6, 1.4, N) for name, value in REFERENCE.items()}
    spread |= {
        "race": random.integers(0, 3, N).astype(float),
        "amiodarone": random.integers(0, 2, N).astype(float),
    }
    known = {name: np.where(random.random(N) < 1 / 3, np.nan, values) for name, values in spread.items()}
    diplotypes = {
        gene: np.sort(random.integers(0, len(GENES[gene].alleles), (N, 2)), axis=1).astype(np.int8)
        for gene in ("VKORC1", "CYP2C9")
    }
    for codes in diplotypes.values():
        codes[random.random(N) < 1 / 3] = -1
    return Clinic(known, diplotypes)


def labs(seed: int = 2) -> Floats:
    """INRs of every visit, `(n_patients, n_visits)`, from 0.9 to 9, one in eight missing."""
    random = np.random.default_rng(seed)
    values = np.exp(random.uniform(np.log(0.9), np.log(9.0), (N, 8)))
    return np.where(random.random(values.shape) < 1 / 8, np.nan, values)


def permuted(clinic: Clinic, order: np.ndarray) -> Clinic:
    """The same patients in another order."""
    known = {name: values[order] for name, values in clinic.known.items()}
    diplotypes = {gene: codes[order] for gene, codes in clinic.diplotypes.items()}
    return Clinic(known, diplotypes, ids=clinic.ids[order])


def course(
    rule: Policy,
    clinic: Clinic,
    results: Floats,
    *,
    own_schedule: bool = False,
    intervals: np.ndarray | None = None,
) -> list[Floats]:
    """Doses of the coming seven days at every visit, `(n_patients, 7)` each.

    Patients come by the therapy's schedule, by the rule's own wish, or after `intervals`
    `(n_patients, n_visits)`.
    """
    seen = []
    for number in range(results.shape[1]):
        visit = clinic.visit(results[:, number])
        if number == 0:
            rule.start(visit)
        prescription = rule.prescribe(visit)
        assert prescription.doses.shape[0] == len(visit)
        assert prescription.doses.shape[2] == 1
        days = np.minimum(np.arange(7), prescription.doses.shape[1] - 1)
        seen.append(prescription.doses[:, days, 0])
        interval = visit.interval_days
        if prescription.interval_days is not None:
            assert prescription.interval_days.dtype == np.int64
            assert (prescription.interval_days >= 1).all()
            interval = prescription.interval_days if own_schedule else interval
        clinic.follow(prescription, interval if intervals is None else intervals[:, number])
    return seen
