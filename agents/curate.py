"""CURATE.AI: a parabola through the patient's own doses and responses, and the dose that it asks for next.

Zarrinpar 2016 (Sci Transl Med 8:333ra49) gave tacrolimus after liver transplantation by a parabola fitted to
each patient's own levels, and began it anew when the regimen changed; Blasiak 2020 (SLAS Technol 25:95)
describes the platform: calibration with a few different doses, then recommendations that are fitted anew with
every response. No population and no pharmacology come in. Both as summarised in the project's notes on
comparators: window, limit and the number of doses are from there, what the sources leave open is ours.

What is ours:

- The response is the lab itself, not its logarithm: so it was published; a drug with linear elimination then
  is a straight line through its levels; and a level below what can be measured, 0, needs no special place.
  The two differ little (0.9 points of the primary outcome, on the mean of the drugs, on validation patients).
- Until there are three doses the drug's own protocol is in charge. Where it would keep a dose that has been
  tried, a dose beside it is given, towards the target: protocols that keep the dose never get to three.
- The parabola never chooses a dose of 0: to hold the drug is left to the protocol, whose holds come first. A
  hold clears the pairs, and calibration begins again.
- The protocol stays in charge also where the slope at the current dose has the wrong sign (`pid.Response`),
  by noise: 3.4 points more on the mean of the drugs (256 validation patients of seed 7001).
- Labs before the drug has begun to show (`pmrl.agents.pid.Response.first_day`) are in no pair.
- Where tablets are so coarse that none is within the limit on one side, the next one on that side is allowed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pmrl.agents.composed import Sequence
from pmrl.agents.pid import response_of
from pmrl.agents.stage import Floats, Stage, Start
from pmrl.envs.therapy import Therapy
from pmrl.envs.visit import Prescription, Visit
from pmrl.parameter import Parameter

_NOTES = "CURATE.AI as in the project's notes (Zarrinpar 2016, Blasiak 2020)"
PAIRS = Parameter(6.0, "last pairs of dose and response", _NOTES, "recalled")
DISTINCT = Parameter(3.0, "different doses, as a parabola has three coefficients", _NOTES, "recalled")
MOST = Parameter(0.4, "of the current dose, at one visit", _NOTES, "recalled")
_TRIED = "ours: by hand, best mean over the drugs of 10 settings on 256 validation patients of seed 7001"
RIDGE = Parameter(0.1, "of weight, per squared dose over the current one", _TRIED, "assumption")
RECENCY = Parameter(0.8, "weight of a pair over the one after it", _TRIED, "assumption")
VARIED = Parameter(0.2, "of the dose, in calibration", "ours: half of what is allowed", "assumption")
SAME = Parameter(1e-6, "relative dose", "ours: doses that differ by less are one dose", "assumption")


@dataclass(frozen=True)
class Settings:
    """What the publications leave open, as the parameters of these names say."""

    ridge: float = float(RIDGE)
    recency: float = float(RECENCY)
    varied: float = float(VARIED)


USUAL = Settings()
PROTOCOLS: Mapping[str, str] = {
    "warfarin": "aurora",
    "phenytoin": "cpic+steps",
    "sipoglitazar": "standard+steps",
    "empagliflozin": "standard+steps",
    "mercaptopurine": "cpic+counts",
    "allopurinol": "cpic+steps",
    "atorvastatin": "cpic+steps",
    "tacrolimus": "cpic+tdm",
    "efavirenz": "cpic+tdm",
}
"""The rule that calibrates each drug, of `pmrl.agents.registry`; another drug keeps its dose estimate."""


def own_pairs(
    visit: Visit, since: NDArray[np.int64], first_day: int, recency: float = USUAL.recency
) -> tuple[Floats, Floats, Floats]:
    """Doses, responses and weights of each patient's last `PAIRS` pairs, `(n_patients, n_pairs)` each.

    The response to a visit's dose is the lab at the visit after; earliest first, then weight 0.

    Args:
        visit: today's.
        since: the first visit whose dose counts, `(n_patients,)`.
        first_day: labs before it say nothing of the dose, unless patients were on the drug before.
        recency: weight of a pair over the one after it.
    """
    past, number = visit.history, np.arange(visit.history.dose.shape[1] - 1)
    dose, lab, day = past.dose[:, :-1], past.lab[:, 1:], past.day[:, 1:]
    valid = np.isfinite(lab) & (dose > 0.0) & (number >= since[:, None]) & (number < past.count[:, None] - 1)
    valid &= visit.established | (day >= first_day)
    later: NDArray[np.int64] = np.cumsum(valid[:, ::-1], axis=1)[:, ::-1] - valid
    valid &= later < int(PAIRS.value)
    columns = np.argsort(~valid, axis=1, kind="stable")[:, : int(PAIRS.value)]
    weight = np.where(valid, recency**later, 0.0)
    dose, lab = (np.where(valid, values, np.nan) for values in (dose, lab))
    pairs = [np.take_along_axis(values, columns, axis=1) for values in (dose, lab, weight)]
    return pairs[0], pairs[1], pairs[2]


def distinct(doses: Floats) -> NDArray[np.int64]:
    """How many different doses each row has, NaN apart, `(n_patients,)`.

    >>> distinct(np.array([[5.0, 5.0, 6.0, np.nan], [np.nan] * 4])).tolist()
    [2, 0]
    """
    ascending = np.sort(doses, axis=1)
    apart = np.diff(ascending, axis=1) > float(SAME) * ascending[:, :-1]
    return np.asarray(np.isfinite(ascending[:, 0]) + apart.sum(axis=1), dtype=np.int64)


def fit(x: Floats, y: Floats, weight: Floats, ridge: float) -> Floats:
    """Coefficients b of y = b0 + b1 x + b2 x^2 by weighted ridge regression, `(n_patients, 3)`.

    b0 is not penalised. Every row needs three different x, `(n_patients, n_pairs)`, of weight above 0;
    what has no weight may be NaN.

    >>> x = np.array([[-1.0, 0.0, 2.0, np.nan]])
    >>> fit(x, 1.0 + 2.0 * x - x**2, np.array([[1.0, 1.0, 1.0, 0.0]]), 0.0).round(9).tolist()
    [[1.0, 2.0, -1.0]]
    """
    x, y = (np.where(weight > 0.0, values, 0.0) for values in (x, y))
    design = np.stack([np.ones_like(x), x, x**2], axis=-1)
    weighted = design * weight[:, :, None]
    normal = (weighted[:, :, :, None] * design[:, :, None, :]).sum(axis=1)
    right = (weighted * y[:, :, None]).sum(axis=1)
    return np.linalg.solve(normal + ridge * np.diag([0.0, 1.0, 1.0]), right[:, :, None])[:, :, 0]


def within_reach(levels: Floats, current: Floats) -> NDArray[np.bool_]:
    """Which doses of a grid may follow the current one, `(n_patients, n_levels)`; 0 never does.

    >>> within_reach(np.array([0.0, 10.0, 20.0, 40.0, 80.0]), np.array([20.0, 10.0])).tolist()
    [[False, True, True, True, False], [False, True, True, False, False]]
    """
    change = levels / current[:, None] - 1.0
    near = np.abs(change) <= float(MOST) + float(SAME)
    above, below = change > float(SAME), change < -float(SAME)
    next_up = above & (np.cumsum(above, axis=1) == 1)
    next_down = below & (np.cumsum(below[:, ::-1], axis=1)[:, ::-1] == 1)
    return np.asarray((near | next_up | next_down) & (levels > 0.0))


class Curate:
    """A stage in which the parabola chooses the dose, once it can be fitted; until then, the protocol.

    Args:
        protocol: the stage that calibrates, and whose holds are kept also later.
        therapy: whose grid is dispensed.
        settings: of the fit.
    """

    def __init__(self, protocol: Stage, therapy: Therapy, settings: Settings = USUAL) -> None:
        self._protocol, self._response, self._settings = protocol, response_of(therapy), settings
        self._varies = int((therapy.grid.levels > 0.0).sum()) >= int(DISTINCT.value)
        self._since = np.empty(0, dtype=np.int64)

    def start(self, visit: Visit) -> None:
        """Forget the previous batch."""
        self._protocol.start(visit)
        self._since = np.zeros(len(visit), dtype=np.int64)

    def prescribe(self, visit: Visit, current: Floats, lab: Floats) -> Prescription:
        """The parabola's dose, or the protocol's; see `pmrl.agents.stage.Stage`."""
        usual = self._protocol.prescribe(visit, current, lab)
        doses, response, weight = own_pairs(
            visit, self._since, self._response.first_day, self._settings.recency
        )
        holds = (visit.therapy.dispense(usual.doses[:, :, 0]) <= 0.0).any(axis=1)
        self._since, was = np.where(holds, visit.history.count, self._since), visit.therapy.dispense(current)
        acts = np.isfinite(lab) & ~holds & (was > 0.0)
        fits = acts & (distinct(doses) >= int(DISTINCT.value))
        varies = acts & ~fits & self._varies
        answer = usual.doses[:, :, 0].copy()
        if fits.any():
            b = fit(doses[fits] / was[fits, None] - 1.0, response[fits], weight[fits], self._settings.ridge)
            fits[fits] = sensible = self._response.direction * b[:, 1] > 0.0
            answer[fits] = best(visit, was, fits, b[sensible])[:, None]
        if varies.any():
            asked = visit.therapy.dispense(answer[:, -1])
            tried = np.abs(doses - asked[:, None]) <= float(SAME) * asked[:, None]
            again = varies & tried.any(axis=1)
            answer[again] = self._beside(visit, asked, lab, doses, again)[:, None]
        return Prescription(answer[:, :, None], usual.interval_days)

    def _beside(
        self, visit: Visit, asked: Floats, lab: Floats, doses: Floats, rows: NDArray[np.bool_]
    ) -> Floats:
        """Of `rows`, an untried dose beside the one asked, towards the target if there is one; mg/day."""
        levels, asked, doses = visit.therapy.grid.levels, asked[rows], doses[rows]
        aim = visit.therapy.limits(int(visit.day.max()))[2, visit.day][rows]
        side = self._response.direction * np.where(aim >= lab[rows], 1.0, -1.0)
        change = levels / asked[:, None] - 1.0
        near = np.abs(doses[:, :, None] - levels) <= float(SAME) * levels
        untried = within_reach(levels, asked) & ~near.any(axis=1)
        towards = untried & (change * side[:, None] > 0.0)
        allowed = np.where(towards.any(axis=1)[:, None], towards, untried)
        cost = np.where(allowed, np.abs(np.abs(change) - self._settings.varied), np.inf)
        return np.where(allowed.any(axis=1), levels[np.argmin(cost, axis=1)], asked)


def best(visit: Visit, was: Floats, rows: NDArray[np.bool_], b: Floats) -> Floats:
    """Of `rows`, the dose within reach of the current one whose fitted response is nearest the aim, mg/day.

    The aim is that of the day of the next visit, when the response will be seen.
    """
    following = (visit.day + visit.interval_days)[rows]
    aim = visit.therapy.limits(int(following.max(initial=0)))[2, following]
    levels, was = visit.therapy.grid.levels, was[rows]
    x = levels / was[:, None] - 1.0
    response = b[:, :1] + b[:, 1:2] * x + b[:, 2:] * x**2
    # Where the parabola is flat, of doses that do the same the nearest.
    cost = np.abs(response / aim[:, None] - 1.0) + float(SAME) * np.abs(x)
    return np.asarray(levels[np.argmin(np.where(within_reach(levels, was), cost, np.inf), axis=1)])


class _Kept:
    """A protocol for drugs without one: the dose stays."""

    def start(self, visit: Visit) -> None:
        """Nothing to forget."""

    def prescribe(self, visit: Visit, current: Floats, lab: Floats) -> Prescription:
        """The current dose; see `pmrl.agents.stage.Stage`."""
        return Prescription.constant(current)


def _estimate(visit: Visit) -> Floats:
    dose = np.asarray(visit.therapy.dose_estimate(visit.covariates, visit.genotypes))
    return np.where(np.isfinite(dose), dose, visit.therapy.standard_dose)


def _protocol(therapy: Therapy) -> Sequence:
    """The rule that calibrates a drug."""
    from pmrl.agents.registry import policy  # which itself knows this module

    if therapy.drug not in PROTOCOLS:
        start = Start(_estimate, "the a-priori dose", therapy.estimate_in_sample)
        return Sequence("estimate", start, ((response_of(therapy).first_day, _Kept()),))
    rule = policy(PROTOCOLS[therapy.drug], therapy)
    if not isinstance(rule, Sequence):
        raise TypeError(f"{rule.name} is not a sequence of stages: CURATE.AI cannot be calibrated by it")
    return rule


def curate(therapy: Therapy, settings: Settings = USUAL) -> Sequence:
    """CURATE.AI for a therapy: the start of its protocol, then the parabola beside each later stage."""
    rule = _protocol(therapy)
    # What a sequence is made of; nothing of the rule itself is used, as it would go on from its own doses.
    start, *later = rule._stages
    days = rule._first_days[1:]
    summary = (
        f"CURATE.AI: a parabola through the patient's last {PAIRS.value:g} doses and responses, within "
        f"{100.0 * MOST.value:g}% of the dose ({MOST.source}); calibrated by {rule.name}: {rule.summary}"
    )
    stages = tuple(
        (int(day), Curate(stage, therapy, settings)) for day, stage in zip(days, later, strict=True)
    )
    if not isinstance(start, Start):
        raise TypeError(f"{rule.name} does not begin with a start")
    return Sequence("curate", start, stages, summary)
