"""One day of one patient: what every kernel that simulates calls, whatever the model."""

from __future__ import annotations

from pmrl.compiled import day_at, part, rhs_at
from pmrl.integrate import integrate

# Where a model's vector of whole numbers, `pmrl.model.PatientModel.code`, keeps what.
RHS_ADDRESS, PREPARE_ADDRESS, DAY_ADDRESS, BIOMARKER_ADDRESS = 0, 1, 2, 3
EXACT, N_CONSTANTS = 4, 5
DOSE_STATE, BIOAVAILABILITY, CLEARANCE, SENSITIVITY = 6, 7, 8, 9
# And where its vector of numbers, `PatientModel.units`, keeps what.
AMOUNT_PER_MG, DAY_LENGTH = 0, 1


@part()
def live_a_day(code, units, day, dose, y, p, c):  # type: ignore[no-untyped-def]
    """Take `dose` mg at the start of `day` and live 24 h; y is replaced.

    A model with an exact propagator has its tables of `p` in `c`; for any other `c` is scratch of the
    general kernel. Returns that kernel's status, 0 where all is well.
    """
    y[code[DOSE_STATE]] += units[AMOUNT_PER_MG] * p[code[BIOAVAILABILITY]] * dose
    if code[EXACT]:
        day_at(code[DAY_ADDRESS])(y, p, c)
        return 0
    start = day * units[DAY_LENGTH]
    return integrate(rhs_at(code[RHS_ADDRESS]), start, start + units[DAY_LENGTH], y, p, c)
