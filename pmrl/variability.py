"""Variability within a patient: between occasions, and of the assay."""

from __future__ import annotations

from dataclasses import dataclass

from pmrl.errors import InputError
from pmrl.parameter import Parameter

_FROZEN = "choice of this project, frozen before any policy was trained (docs/warfarin.md)"
OCCASION_SD = Parameter(0.15, "log-SD of EC50 between occasions", _FROZEN, "assumption")
OCCASION_DAYS = Parameter(7.0, "days an occasion lasts", _FROZEN, "assumption")
ASSAY_SD = Parameter(0.06, "log-SD of a lab result", _FROZEN, "assumption")
_LARGEST_ERROR = 1000.0
"""SD of an assay, in the unit of any biomarker here: beyond it a lab is no lab."""


@dataclass(frozen=True)
class Variability:
    """How a patient differs from week to week and a lab result from the truth."""

    occasion_sd: float = OCCASION_SD.value
    assay_sd: float = ASSAY_SD.value
    assay_error: float = 0.0
    """SD that comes on top of the log-SD, in the biomarker's unit."""
    lab_delay_days: int = 0
    """A result seen at a visit is of blood drawn this many days before."""

    def __post_init__(self) -> None:
        for name in ("occasion_sd", "assay_sd"):
            value = getattr(self, name)
            if not 0.0 <= value <= 2.0:
                raise InputError(f"{name} {value:g} is out of range: give a log-SD from 0 to 2")
        if not 0.0 <= self.assay_error <= _LARGEST_ERROR:
            raise InputError(
                f"assay_error {self.assay_error:g} is out of range: give an SD from 0 to {_LARGEST_ERROR:g}"
            )
        if not 0 <= self.lab_delay_days <= 14:
            raise InputError(f"lab_delay_days {self.lab_delay_days}: give whole days from 0 to 14")
