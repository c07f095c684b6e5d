"""The general kernel: a day of up to `LANES` patients side by side, whatever the equations.

Both methods choose every patient's steps by an estimate of that patient's error, from the state and the
parameters alone: nothing is carried over from a day to the next, and nobody's day depends on who is beside.
"""

from __future__ import annotations

from pmrl.compiled import part
from pmrl.lanes import NOW, STIFF, STOP, row
from pmrl.rosenbrock import implicit
from pmrl.tsitouras import explicit


@part()
def integrate(rhs, work, n_states, n_lanes):  # type: ignore[no-untyped-def]
    """STATE from the times NOW to the times STOP, explicitly and, where that gets slow, implicitly.

    `rhs(work, n_lanes)` evaluates the equations. PARAMETERS must be in place; patients whose NOW is STOP stay
    as they are. FAILED is each patient's status, of `pmrl.failure`.
    """
    explicit(rhs, work, n_states, n_lanes)
    stiff = 0
    for i in range(n_lanes):
        if row(work, STIFF)[i] > 0.0 and row(work, NOW)[i] < row(work, STOP)[i]:
            stiff += 1
    if stiff > 0:
        implicit(rhs, work, n_states, n_lanes)
