"""Placeholder until the general kernel lands."""

from pmrl.compiled import jit


@jit()
def integrate(rhs, start, stop, y, p, work):  # type: ignore[no-untyped-def]
    rhs(start, y, p, work)
    return 1


def work_size(n_states: int) -> int:
    return n_states


def require_success(status: int, who: str) -> None:
    raise ArithmeticError(f"{who}: {status}")
