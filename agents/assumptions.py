"""What a Bayesian prescriber takes for granted of its patients."""

from __future__ import annotations

from dataclasses import dataclass

from pmrl.adherence import IN_RANGE, Adherence
from pmrl.model import PatientModel


@dataclass(frozen=True)
class Assumptions:
    """Equations, adherence and effort.

    Attributes:
        model: patient model; None for the therapy's first. parameters: its parameter set; None for the first.
        adherence: which doses patients take. particles: for each patient.
        moved: SD of the move of random effects when particles are drawn anew, as a share of theirs.
        renewed: share of the particles that must carry the weight, else all are drawn anew.
        agreeing: share of the particles that must agree with a lab, else more are tried, up to `rounds` times
        as many; None for the usual share of the model.
        lab_error: SD of a lab around the truth over that of the assay; above 1, labs count less.
    """

    model: str | None = None
    parameters: str | None = None
    adherence: Adherence = IN_RANGE
    particles: int = 1024
    moved: float = 0.4
    renewed: float = 0.5
    agreeing: float | None = None
    rounds: int = 16
    lab_error: float = 1.0


def usual_agreeing(model: PatientModel) -> float:
    """Share of the particles that must agree with a lab.

    A level shows every missed dose, and few particles have missed just those: with 0.2, 99% intervals hold 93
    and 96% of phenytoin's true Vmax and Km (120 patients, seed 99), with 0.35 they hold 95 and 97.5%.
    """
    return 0.35 if model.balance.level else 0.2
