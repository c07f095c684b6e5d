"""What the references give, as rows of `tests/data/reference_models.csv`."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from reference_models.case import Case, Reference

FILE = Path(__file__).parents[1] / "data" / "reference_models.csv"
HEADER = ("model", "numbers", "patient", "schedule", "day", "dose", "biomarker")
Key = tuple[str, str, str, str]


def key(reference: Reference, case: Case) -> Key:
    """The columns that are the same on all days of a case."""
    return reference.MODEL, case.numbers, case.patient.name, case.schedule


def rows(reference: Reference) -> Iterator[tuple[str, ...]]:
    """One row per case and day: the biomarker at its start; no dose after the last day."""
    for case in reference.CASES:
        doses = (*(f"{dose:g}" for dose in case.doses), "")
        for day, (dose, value) in enumerate(zip(doses, reference.course(case), strict=True)):
            yield *key(reference, case), str(day), dose, f"{value:.8g}"


def recorded() -> dict[Key, tuple[list[str], list[float]]]:
    """Doses and biomarker of every case in the file."""
    found: dict[Key, tuple[list[str], list[float]]] = {}
    with FILE.open(encoding="utf-8", newline="") as file:
        _, *body = csv.reader(file)
    for model, numbers, patient, schedule, _, dose, value in body:
        doses, values = found.setdefault((model, numbers, patient, schedule), ([], []))
        doses.append(dose)
        values.append(float(value))
    return found
