"""Every drug's published equations written a second time, from the science documents and not from `pmrl`.

Nothing here imports the package. Equations and numbers are those of the papers' tables as collected for this
project; where the package departs from its paper, the module says so. `test_reference_models.py` holds one
against the other.

For a new drug: a module like these (`reference_models.case.Reference` says what is in it), a line in
`_MODULES`, and `python -m reference_models`, run in the folder above, to write the table anew.
"""

from __future__ import annotations

from collections.abc import Mapping

from reference_models import (
    allopurinol,
    atorvastatin,
    efavirenz,
    empagliflozin,
    mercaptopurine,
    phenytoin,
    sipoglitazar,
    tacrolimus,
    warfarin_ohara,
    warfarin_xia,
)
from reference_models.case import Reference

_MODULES: tuple[Reference, ...] = (
    tacrolimus,
    mercaptopurine,
    phenytoin,
    sipoglitazar,
    empagliflozin,
    warfarin_ohara,
    warfarin_xia,
    allopurinol,
    atorvastatin,
    efavirenz,
)

REFERENCES: Mapping[str, Reference] = {module.MODEL: module for module in _MODULES}
"""Name of a model of the package -> its second implementation."""
