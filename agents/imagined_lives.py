"""What imagined patients live through on plans of doses: a dose to the next visit, and another after it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pmrl.agents.imagined_world import SEED, live
from pmrl.model import PatientModel
from pmrl.world import World

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
LUCK = SEED + 2
"""Seed of what is still to come: other adherence and occasions than those that brought the particles here."""


@dataclass(frozen=True)
class Imagined:
    """Equally probable versions of each patient, `(n_patients, n_samples, ...)`."""

    ids: Integers
    parameters: Floats
    states: Floats
    shares: Floats
    by: tuple[Floats, Floats] | None = None
    """Multipliers of clearance and sensitivity on each day from day 0 on, `(..., n_days)`; None for none."""

    def take(self, rows: Integers) -> Imagined:
        """Those of some patients."""
        by = None if self.by is None else (self.by[0][rows], self.by[1][rows])
        return Imagined(self.ids[rows], self.parameters[rows], self.states[rows], self.shares[rows], by)


@dataclass(frozen=True)
class Group:
    """Imagined patients who are on the same day and come again after the same number of days."""

    day: int
    interval: int
    imagined: Imagined

    def __len__(self) -> int:
        return len(self.imagined.ids)


@dataclass(frozen=True)
class Plan:
    """How it went.

    Attributes:
        day: of the visit.
        latent: biomarker of the days after it, `(n_rows, n_samples, n_doses, n_days)`.
        harm: expected harmful events of the same days, or without days.
    """

    day: int
    latent: Floats
    harm: Floats


def one_by_one(
    model: PatientModel, group: Group, first: Floats, others: Sequence[Floats], tail: int, occasion_sd: float
) -> Iterator[Plan]:
    """Every dose is lived through: to the next visit once, and from there on the same dose and on others.

    Args:
        model: equations.
        group: of imagined patients.
        first: doses to the next visit, `(n_rows, n_doses)`.
        others: doses for after it, `(n_rows, n_samples)` each.
        tail: days after it; none where 0.
        occasion_sd: log-SD between occasions.

    Yields:
        A plan for the same dose and for each of the others, or for the first doses only without a tail.
    """
    imagined = group.imagined
    shape = (*imagined.ids.shape, first.shape[1])

    def spread(values: NDArray[Any]) -> NDArray[Any]:
        wide = np.broadcast_to(values[:, :, None], (*shape, *values.shape[2:]))
        return np.array(wide, order="C").reshape(-1, *values.shape[2:])

    ids, parameters, shares = (spread(x) for x in (imagined.ids, imagined.parameters, imagined.shares))
    states = spread(imagined.states)
    by = None if imagined.by is None else (spread(imagined.by[0]), spread(imagined.by[1]))
    now = np.array(np.broadcast_to(first[:, None, :], shape), order="C").reshape(-1, 1)

    def lived(states: Floats, day: int, doses: Floats, days: int) -> World:
        since, during = np.full(ids.size, day), np.full(ids.size, days)
        return live(model, LUCK, ids, parameters, states, shares, occasion_sd, since, doses, during, by)

    def plan(*worlds: World) -> Plan:
        latent = np.concatenate([world.latent[:, 1:] for world in worlds], axis=1)
        harm = np.concatenate([world.harm for world in worlds], axis=1)
        return Plan(group.day, latent.reshape(*shape, -1), harm.reshape(*shape, -1))

    to_the_visit = lived(states, group.day, now, group.interval)
    if not tail:
        yield plan(to_the_visit)
        return
    there = group.day + group.interval
    yield plan(to_the_visit, lived(states.copy(), there, now, tail))
    for other in others:
        after = np.array(np.broadcast_to(other[:, :, None], shape), order="C").reshape(-1, 1)
        yield plan(to_the_visit, lived(states.copy(), there, after, tail))


def superposed(
    model: PatientModel, group: Group, first: Floats, others: Sequence[Floats], tail: int, occasion_sd: float
) -> Iterator[Plan]:
    """As `one_by_one`, for levels of drugs with linear kinetics: three courses give those of all doses.

    What is in the body, 1 mg a day to the next visit and 1 mg a day after it are lived through apart.
    """
    imagined, interval = group.imagined, group.interval
    shape = imagined.ids.shape

    def flat(values: NDArray[Any]) -> NDArray[Any]:
        return np.array(values, order="C").reshape(-1, *values.shape[2:])

    ids, parameters, shares = flat(imagined.ids), flat(imagined.parameters), flat(imagined.shares)
    by = None if imagined.by is None else (flat(imagined.by[0]), flat(imagined.by[1]))

    def course(states: Floats, before: float, after: float) -> Floats:
        doses = np.where(np.arange(interval + 1) < interval, before, after).astype(np.float64)
        world = live(
            model, LUCK, ids, parameters, states, shares, occasion_sd, np.full(ids.size, group.day),
            np.tile(doses, (ids.size, 1)), np.full(ids.size, interval + tail), by,
        )  # fmt: skip
        return world.latent[:, 1:].reshape(*shape, 1, -1)

    body = course(imagined.states.reshape(ids.size, -1).copy(), 0.0, 0.0)
    now = course(model.initial(parameters), 1.0, 0.0)
    to_the_visit = body + now * first[:, None, :, None]
    none = np.zeros((*to_the_visit.shape[:3], 0))
    if not tail:
        yield Plan(group.day, to_the_visit, none)
        return
    later = course(model.initial(parameters), 0.0, 1.0)
    for after in (first[:, None, :, None], *(other[:, :, None, None] for other in others)):
        yield Plan(group.day, to_the_visit + later * after, none)
