"""One policy, one cohort: every patient treated from day 0 to the horizon."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Event

import numpy as np
from numpy.typing import NDArray

from pmrl.agents.oracle import Oracle, Truth
from pmrl.agents.policy import Policy
from pmrl.envs.clinic import Clinic
from pmrl.envs.scenario import Scenario
from pmrl.envs.therapy import Therapy
from pmrl.envs.visit import Prescription
from pmrl.errors import InputError
from pmrl.experiments.execution import Stopped
from pmrl.outcomes import days_to_stable, rosendaal, time_above, time_below, time_in_range

Floats = NDArray[np.float64]
CHUNK = 1024
INDUCTION_DAYS = 28
"""Time in range is also given before and after this day: induction and maintenance are different tasks."""


@dataclass(frozen=True)
class Course:
    """What happened to a cohort under one policy; one row per patient, in the order of the ids.

    Attributes:
        latent: true biomarker of days 0 to horizon, `(n_patients, n_days + 1)`.
        prescribed: mg prescribed for each day, `(n_patients, n_days)`.
        visit_day: day of each visit, `(n_patients, n_visits)`, NaN-padded.
        lab: the result seen there.
        dose: mean daily dose prescribed there, mg.
        harm: expected harmful events of each day, `(n_patients, n_days)`, or no columns.
    """

    latent: Floats
    prescribed: Floats
    visit_day: Floats
    lab: Floats
    dose: Floats
    harm: Floats

    @classmethod
    def join(cls, parts: list[Course]) -> Course:
        """Courses of disjoint patients, one after the other."""
        width = max(part.visit_day.shape[1] for part in parts)

        def padded(values: Floats) -> Floats:
            return np.pad(values, ((0, 0), (0, width - values.shape[1])), constant_values=np.nan)

        return cls(
            latent=np.concatenate([part.latent for part in parts]),
            prescribed=np.concatenate([part.prescribed for part in parts]),
            visit_day=np.concatenate([padded(part.visit_day) for part in parts]),
            lab=np.concatenate([padded(part.lab) for part in parts]),
            dose=np.concatenate([padded(part.dose) for part in parts]),
            harm=np.concatenate([part.harm for part in parts]),
        )


def treat(
    policy: Policy,
    clinic: Clinic,
    ids: NDArray[np.int64],
    stop: Event | None = None,
    plans: Sequence[Floats] = (),
) -> Course:
    """Treat patients `ids`, one per row of the clinic, to the horizon.

    The course is the clinic's own record: it holds until the clinic admits again. Oracles are shown the
    truth, and `plans`: what other policies prescribed for the same patients.

    Raises:
        InputError: the policy prescribed something that is not a number, or the wrong shape.
        Stopped: `stop` was set.
    """
    clinic.admit(ids)
    if policy.kind == "oracle" and isinstance(policy, Oracle):
        policy.see(Truth(clinic, list(plans)))
    policy.start(clinic.visit())
    own_visits = clinic.scenario.visits == "protocol"
    while not clinic.done.all():
        if stop is not None and stop.is_set():
            raise Stopped
        prescription = policy.prescribe(clinic.visit())
        _check(policy, prescription, clinic.n)
        wish = prescription.interval_days if own_visits else None
        clinic.treat(clinic.dispense(prescription), wish)
    used = int(clinic.count.max())
    start = clinic.start
    return Course(
        latent=clinic.latent,
        prescribed=clinic.prescribed[:, -start:],
        visit_day=clinic.at[:, :used],
        lab=clinic.lab[:, :used],
        dose=clinic.dose[:, :used],
        harm=clinic.harm,
    )


def _check(policy: Policy, prescription: object, n: int) -> None:
    """Raise an `InputError` that names the policy unless its answer can be dispensed."""
    if not isinstance(prescription, Prescription):
        raise InputError(
            f"policy '{policy.name}' answered {type(prescription).__name__}: give a Prescription"
        )
    doses = np.asarray(prescription.doses)
    if doses.ndim != 3 or doses.shape[0] != n or not doses.size:
        raise InputError(
            f"policy '{policy.name}' prescribed doses of shape {doses.shape}: give ({n}, n_days, n_drugs)"
        )
    wish = prescription.interval_days
    if wish is not None and (np.shape(wish) != (n,) or not np.issubdtype(np.asarray(wish).dtype, np.integer)):
        raise InputError(
            f"policy '{policy.name}' wished intervals of shape {np.shape(wish)} and type "
            f"{np.asarray(wish).dtype}: give whole days, ({n},)"
        )
    if not np.isfinite(doses).all():
        row = int(np.flatnonzero(~np.isfinite(doses).all(axis=(1, 2)))[0])
        raise InputError(
            f"policy '{policy.name}' prescribed a dose that is not a number, row {row} of its visit"
        )


def rollout(policy: Policy, therapy: Therapy, scenario: Scenario, n: int, seed: int) -> Course:
    """Treat patients 0 to n - 1 of cohort `seed`, in blocks of 1,024: results do not depend on n."""
    parts = []
    for first in range(0, n, CHUNK):
        ids = np.arange(first, min(first + CHUNK, n), dtype=np.int64)
        parts.append(treat(policy, Clinic(therapy, scenario, ids.size, seed), ids))
    return Course.join(parts)


def outcomes(course: Course, therapy: Therapy) -> dict[str, Floats]:
    """Per-patient outcomes, `(n_patients,)` each: shares of days 1 to horizon, and of the course."""
    days = course.latent[:, 1:]
    # Patients on established therapy bring earlier visits, which are not this policy's work.
    visit_day = np.where(course.visit_day >= 0, course.visit_day, np.nan)
    lab, dose = (np.where(np.isfinite(visit_day), values, np.nan) for values in (course.lab, course.dose))
    low, high = (bound[1:] for bound in therapy.target_range(days.shape[1]))
    # Where the range changes with time, what is read off the labs goes by the last one.
    lasting = therapy.target_low, therapy.target_high
    interpolated = rosendaal(visit_day, lab, *lasting)
    ttr = time_in_range(days, low, high)
    price = -therapy.reward_weights.get("harm", 0.0)
    return {
        "ttr": ttr,
        # Days in range less what the expected harm is worth in such days; without a price the same.
        "net": ttr - price * course.harm.sum(axis=1) / days.shape[1] if price else ttr,
        "below": time_below(days, low),
        "above": time_above(days, high),
        **{name: event.share(days, course.harm) for name, event in therapy.safety_events.items()},
        "ttr_first_28": time_in_range(days[:, :INDUCTION_DAYS], low[:INDUCTION_DAYS], high[:INDUCTION_DAYS]),
        "ttr_after_28": time_in_range(days[:, INDUCTION_DAYS:], low[INDUCTION_DAYS:], high[INDUCTION_DAYS:]),
        "ttr_rosendaal": interpolated[:, 1],
        "days_to_stable": days_to_stable(visit_day, lab, dose, *lasting),
        "visits": np.isfinite(dose).sum(axis=1).astype(np.float64),
        "mean_dose": course.prescribed.mean(axis=1),
    }
