"""The scratch of the general kernel: up to `LANES` patients side by side, each number in a row of its own.

A right-hand side of one patient is too short for vector instructions, but the same one of many patients is
not: where row r holds state r of all of them, a plain loop over patients becomes vector instructions. Loops
must run to a number that is not known when they are compiled (`n_lanes`), or they are unrolled instead, and
must index rows by `row` and the views below, which have no negative indices to look out for.
"""

from __future__ import annotations

from types import FunctionType
from typing import Any

from numba import types
from numba.np import arrayobj

from pmrl import interpreted
from pmrl.compiled import RHS_LANES, VECTOR, instruction, of_model, part
from pmrl.elementary import fma
from pmrl.errors import InputError

LANES = 32
"""Patients side by side: more do not fit into the fastest memory with all their stages."""
_FEW = 4
"""Patients up to whom rows are gone through one by one, and not whole blocks, idle lanes and all."""
MOST_STATES, MOST_PARAMETERS = 24, 64
STAGES = 8

# Where the rows are, as offsets into the scratch. Rows of lanes, one number for each patient:
(
    TIME, NOW, STOP, STEP, ERROR, TAKEN, STIFF, CHANGE, DISTANCE, FAILED, GROWTH, ORIGIN, SHARE, STATUS,
    STRICT,
) = (LANES * k for k in range(15))  # fmt: skip
_FIRST_BLOCK = 15 * LANES
BLOCK = MOST_STATES * LANES
# Blocks of rows, one for each state:
ARGUMENT, DERIVATIVE, STATE, SCALE, START, CANDIDATE, SLOPE, DRIFT = (
    _FIRST_BLOCK + BLOCK * k for k in range(8)
)
STAGE = _FIRST_BLOCK + 8 * BLOCK
PARAMETERS = STAGE + STAGES * BLOCK
# Matrices, one row for each pair of states:
JACOBIAN = PARAMETERS + MOST_PARAMETERS * LANES
MATRIX = JACOBIAN + MOST_STATES * BLOCK
_SIZE = MATRIX + MOST_STATES * BLOCK

_STRIDED = types.Array(types.float64, 1, "A")
_UNBOUNDED = 2**31


def work_size(n_states: int, n_parameters: int) -> int:
    """Length of the scratch.

    Raises:
        InputError: more states or parameters than there is room for.
    """
    if not 1 <= n_states <= MOST_STATES or not 1 <= n_parameters <= MOST_PARAMETERS:
        raise InputError(
            f"{n_states} states and {n_parameters} parameters: the general kernel takes up to "
            f"{MOST_STATES} and {MOST_PARAMETERS}"
        )
    return _SIZE


def _view(context: Any, builder: Any, kind: Any, work: Any, first: Any, stride: int) -> Any:
    """An array that starts at element `first` of `work`, with every `stride`-th element, without an end."""
    unbounded, step, item = (context.get_constant(types.intp, value) for value in (_UNBOUNDED, 8 * stride, 8))
    found = arrayobj.make_array(kind)(context, builder)
    arrayobj.populate_array(
        found,
        data=builder.gep(arrayobj.make_array(VECTOR)(context, builder, work).data, [first]),
        shape=[unbounded],
        strides=[step],
        itemsize=item,
        meminfo=None,
        parent=None,
    )
    return found._getvalue()


@instruction(lambda work, first: work[first:])
def row(typingctx: Any, work: Any, first: Any) -> Any:
    """The row at offset `first`: element i is patient i's."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        work, first = arguments
        return _view(context, builder, VECTOR, work, first, 1)

    return VECTOR(VECTOR, types.intp), generate


def _column_of(block: int) -> Any:
    """(work, lane) -> one patient's column of a block: element j is in row j."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        work, lane = arguments
        first = builder.add(lane, context.get_constant(types.intp, block))
        return _view(context, builder, _STRIDED, work, first, LANES)

    @instruction(lambda work, lane: work[block + lane :: LANES])
    def column(typingctx: Any, work: Any, lane: Any) -> Any:
        return _STRIDED(VECTOR, types.intp), generate

    return column


states_of = _column_of(ARGUMENT)
"""(work, lane) -> the states y at which a patient's equations are asked for."""
parameters_of = _column_of(PARAMETERS)
"""(work, lane) -> the patient's parameters p."""
derivatives_of = _column_of(DERIVATIVE)
"""(work, lane) -> where the patient's equations write dydt."""


@part()
def time_of(work, lane):  # type: ignore[no-untyped-def]
    """The time t at which a patient's equations are asked for."""
    return row(work, TIME)[lane]


def _side_by_side(work, n_lanes):  # type: ignore[no-untyped-def]
    for i in range(n_lanes):
        equations(time_of(work, i), states_of(work, i), parameters_of(work, i), derivatives_of(work, i))  # type: ignore[name-defined]  # noqa: F821


def side_by_side(rhs: Any) -> Any:
    """`rhs`, compiled by `of_model(RHS)`, of all patients in the lanes: the `rhs_lanes` of a model.

    The loop above with the equations as its global, under a name in their own file: numba keeps that on disk,
    where it would compile a closure anew in every process.
    """
    scalar = rhs.py_func
    name = f"{scalar.__qualname__}_side_by_side"
    where = scalar.__code__
    code = _side_by_side.__code__
    # Interpreted, a debugger would show lines of that file, and others than are run.
    if not interpreted.ON:
        code = code.replace(co_filename=where.co_filename, co_firstlineno=where.co_firstlineno, co_name=name)
    loop = FunctionType(code, {**globals(), "equations": part()(scalar)}, name)
    loop.__module__ = scalar.__module__
    # Machine code is found by module, this name, and a number that counts a process's functions: of two loops
    # of one name that two processes compiled, a third, which loads both, would run the one for the other.
    loop.__qualname__ = name
    return of_model(RHS_LANES)(loop)


@part()
def set_to_zero(work, to, n_states):  # type: ignore[no-untyped-def]
    """Block `to` = 0."""
    for i in range(n_states * LANES):
        row(work, to)[i] = 0.0


@part()
def _stretch(n_states, n_lanes):  # type: ignore[no-untyped-def]
    """(all, step, part): blocks are gone through from 0 to `all` in steps, doing the first `part` of each."""
    whole = n_states * LANES
    return (whole, whole, whole) if n_lanes > _FEW else (whole, LANES, n_lanes)


@part()
def copy(work, to, source, n_states, n_lanes):  # type: ignore[no-untyped-def]
    """Block `to` = block `source`."""
    whole, step, some = _stretch(n_states, n_lanes)
    for at in range(0, whole, step):
        for i in range(some):
            row(work, to + at)[i] = row(work, source + at)[i]


@part()
def _stage(k, n_stages):  # type: ignore[no-untyped-def]
    """Where stage k is, or, beyond the last one, where there are numbers to multiply by its weight of 0."""
    return STAGE + (k if k < n_stages else 0) * BLOCK


@part()
def set_to_stages(work, to, weights, n_stages, n_states, n_lanes):  # type: ignore[no-untyped-def]
    """Block `to` = sum over the stages k < `n_stages` <= 7 of weights[k] * stage k; further weights are 0.

    Four and three at a time, as reading and writing takes longest.
    """
    if n_stages == 0:
        set_to_zero(work, to, n_states)
        return
    whole, step, some = _stretch(n_states, n_lanes)
    w0, w1, w2, w3 = weights[0], weights[1], weights[2], weights[3]
    k1, k2, k3 = _stage(1, n_stages), _stage(2, n_stages), _stage(3, n_stages)
    for at in range(0, whole, step):
        for i in range(some):
            x = fma(w1, row(work, k1 + at)[i], w0 * row(work, STAGE + at)[i])
            z = fma(w3, row(work, k3 + at)[i], w2 * row(work, k2 + at)[i])
            row(work, to + at)[i] = x + z
    if n_stages <= 4:
        return
    w4, w5, w6 = weights[4], weights[5], weights[6]
    k4, k5, k6 = STAGE + 4 * BLOCK, _stage(5, n_stages), _stage(6, n_stages)
    for at in range(0, whole, step):
        for i in range(some):
            x = fma(w4, row(work, k4 + at)[i], row(work, to + at)[i])
            z = fma(w6, row(work, k6 + at)[i], w5 * row(work, k5 + at)[i])
            row(work, to + at)[i] = x + z


@part()
def set_to_stages_twice(work, to, weights, also, others, n_stages, n_states, n_lanes):  # type: ignore[no-untyped-def]
    """`set_to_stages` of two blocks at once, which takes hardly longer than one: every stage is read once."""
    if n_stages == 0:
        set_to_zero(work, to, n_states)
        set_to_zero(work, also, n_states)
        return
    whole, step, some = _stretch(n_states, n_lanes)
    w0, w1, w2, w3 = weights[0], weights[1], weights[2], weights[3]
    v0, v1, v2, v3 = others[0], others[1], others[2], others[3]
    k1, k2, k3 = _stage(1, n_stages), _stage(2, n_stages), _stage(3, n_stages)
    for at in range(0, whole, step):
        for i in range(some):
            a, b = row(work, STAGE + at)[i], row(work, k1 + at)[i]
            c, d = row(work, k2 + at)[i], row(work, k3 + at)[i]
            row(work, to + at)[i] = fma(w1, b, w0 * a) + fma(w3, d, w2 * c)
            row(work, also + at)[i] = fma(v1, b, v0 * a) + fma(v3, d, v2 * c)
    if n_stages <= 4:
        return
    w4, w5, w6 = weights[4], weights[5], weights[6]
    v4, v5, v6 = others[4], others[5], others[6]
    k4, k5, k6 = STAGE + 4 * BLOCK, _stage(5, n_stages), _stage(6, n_stages)
    for at in range(0, whole, step):
        for i in range(some):
            a, b, c = row(work, k4 + at)[i], row(work, k5 + at)[i], row(work, k6 + at)[i]
            row(work, to + at)[i] = fma(w4, a, row(work, to + at)[i]) + fma(w6, c, w5 * b)
            row(work, also + at)[i] = fma(v4, a, row(work, also + at)[i]) + fma(v6, c, v5 * b)
