"""A fair comparison: every policy treats the same patients, who live the same life but for the doses."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pmrl.agents.policy import Policy
from pmrl.cohort import Cohort
from pmrl.envs.clinic import Clinic
from pmrl.envs.patients import PatientSource
from pmrl.envs.scenario import Scenario
from pmrl.envs.therapy import Therapy
from pmrl.errors import InputError
from pmrl.experiments.rollout import Course, outcomes, rollout
from pmrl.experiments.statistics import Bootstrap
from pmrl.genetics import GENES

Floats = NDArray[np.float64]
SHARES = ("ttr", "below", "above", "ttr_first_28", "ttr_after_28", "ttr_rosendaal")
PAIRED = ("ttr", "ttr_first_28", "ttr_after_28")
MEANS = ("visits", "mean_dose")
VALIDATION_SEED = 7_001
"""Cohort seed of the validation patients: rules, checkpoints and hyper-parameters are chosen on them."""
SMALLEST_GROUP = 20
"""Genotype groups of fewer patients are left out of tables."""
STRAW_MEN = ("random", "minimum", "maximum")
"""Never the best rule."""


@dataclass(frozen=True)
class Arm:
    """One policy's results, patient by patient."""

    policy: Policy
    outcomes: dict[str, Floats]
    course: Course
    seconds: float
    own_visits: dict[str, Floats] | None = None
    """Outcomes where the policy chooses its visits as its protocol says; None where it has no such wish."""


@dataclass(frozen=True)
class Comparison:
    """All arms on one cohort; `arms` in the order of the policies."""

    therapy: Therapy
    scenario: Scenario
    n: int
    seed: int
    cohort: Cohort
    arms: dict[str, Arm]
    best_rule: str | None
    validation: dict[str, float] = field(default_factory=dict)
    """Time in range of every rule on the validation patients, by which the best was chosen."""


def compare(
    policies: Sequence[Policy],
    therapy: Therapy,
    scenario: Scenario,
    n: int,
    seed: int,
    best_rule: str | None = None,
    validation: dict[str, float] | None = None,
    on_arm: Callable[[str], None] = lambda name: None,
) -> Comparison:
    """Treat the same `n` patients of cohort `seed` with every policy.

    Raises:
        InputError: no policies, or two of the same name.
    """
    names = [policy.name for policy in policies]
    if not names or len(set(names)) < len(names):
        raise InputError(f"policies {', '.join(names) or '(none)'}: give at least one, each once")
    if n < 2:
        raise InputError(f"patients {n}: a comparison needs at least 2")
    arms = {}
    for policy in policies:
        on_arm(policy.name)
        began = time.perf_counter()
        course = rollout(policy, therapy, scenario, n, seed)
        seconds = time.perf_counter() - began
        arms[policy.name] = Arm(
            policy,
            outcomes(course, therapy),
            course,
            seconds,
            _own_visits(policy, therapy, scenario, n, seed),
        )
    horizon = scenario.days or therapy.horizon_days
    block, index = PatientSource(therapy, scenario, seed, horizon).get(np.arange(n, dtype=np.int64))
    return Comparison(therapy, scenario, n, seed, block.cohort.take(index), arms, best_rule, validation or {})


def _own_visits(
    policy: Policy, therapy: Therapy, scenario: Scenario, n: int, seed: int
) -> dict[str, Floats] | None:
    """Outcomes under the policy's own visit protocol, if it has one."""
    if policy.kind != "rule" or scenario.visits == "protocol":
        return None
    own = scenario.with_options(visits="protocol")
    clinic = Clinic(therapy, own, 1, seed)
    clinic.admit(np.zeros(1, dtype=np.int64))
    policy.start(clinic.visit())
    wishes = False
    while not clinic.done.all() and not wishes:
        prescription = policy.prescribe(clinic.visit())
        wishes = prescription.interval_days is not None
        clinic.treat(clinic.dispense(prescription))
    return outcomes(rollout(policy, therapy, own, n, seed), therapy) if wishes else None


def choose_best_rule(
    rules: Sequence[Policy], therapy: Therapy, scenario: Scenario, n: int, seed: int
) -> tuple[str | None, dict[str, float]]:
    """The rule with the most time in range on validation patients, and every rule's.

    Args:
        rules: candidates; learned policies, oracles and straw men are passed over.
        therapy: the therapy.
        scenario: as tested; a named part of the shipped patients is replaced by the validation part.
        n: number of validation patients.
        seed: their cohort seed, which must differ from the test cohort's.
    """
    if scenario.cohort in ("train", "test"):
        scenario = scenario.with_options(cohort="validation")
    scores = {
        rule.name: float(outcomes(rollout(rule, therapy, scenario, n, seed), therapy)["ttr"].mean())
        for rule in rules
        if rule.kind == "rule" and rule.name not in STRAW_MEN
    }
    return (max(scores, key=lambda name: scores[name]) if scores else None), scores


def genotype_groups(cohort: Cohort, therapy: Therapy) -> dict[str, NDArray[np.bool_]]:
    """Patients by true diplotypes of the therapy's genes: label -> mask `(n,)`, largest groups first."""
    genes = list(dict.fromkeys(gene for gene, _ in therapy.genes))
    labels = np.full(len(cohort), "", dtype=object)
    for gene in genes:
        found = GENES[gene].labels(cohort.genotypes[gene])
        labels = labels + np.array(
            [f"{', ' if label else ''}{gene} {d}" for label, d in zip(labels, found, strict=True)]
        )
    names, counts = np.unique(labels.astype(str), return_counts=True)
    order = np.argsort(-counts, kind="stable")
    return {str(names[k]): labels == names[k] for k in order}


def as_dict(comparison: Comparison) -> dict[str, Any]:
    """The comparison as JSON: fractions of days with 95% intervals, differences paired by patient."""
    c = comparison
    bootstrap = Bootstrap(c.n, seed=c.seed)
    events = tuple(c.therapy.safety_limits)
    reference = c.arms[c.best_rule].outcomes if c.best_rule in c.arms else None
    groups = {
        name: mask
        for name, mask in genotype_groups(c.cohort, c.therapy).items()
        if mask.sum() >= SMALLEST_GROUP
    }
    resamples = {name: Bootstrap(int(mask.sum()), seed=c.seed) for name, mask in groups.items()}
    policies: dict[str, Any] = {}
    for name, arm in c.arms.items():
        found = arm.outcomes
        row: dict[str, Any] = {
            "kind": arm.policy.kind,
            "in_sample": bool(getattr(arm.policy, "in_sample", False)),
        }
        row |= {key: bootstrap.mean(found[key]).as_dict() for key in (*SHARES, *events, *MEANS)}
        stable = np.isfinite(found["days_to_stable"])
        row["stable"] = bootstrap.mean(stable.astype(np.float64)).as_dict()
        row["median_days_to_stable"] = (
            float(np.median(found["days_to_stable"][stable])) if stable.any() else None
        )
        row["seconds"] = arm.seconds
        row["own_visits"] = arm.own_visits and {
            key: bootstrap.mean(arm.own_visits[key]).as_dict() for key in (*SHARES, *events, *MEANS)
        }
        row["difference_to_best_rule"] = (
            {key: bootstrap.difference(found[key], reference[key]).as_dict() for key in (*PAIRED, *events)}
            if reference is not None
            else None
        )
        row["by_genotype"] = {
            group: {"n": int(mask.sum())}
            | {key: resamples[group].mean(found[key][mask]).as_dict() for key in ("ttr", *events)}
            for group, mask in groups.items()
        }
        policies[name] = row
    return {
        "drug": c.therapy.drug,
        "environment": c.therapy.id,
        "patients": c.n,
        "seed": c.seed,
        "days": c.scenario.days or c.therapy.horizon_days,
        "best_rule": c.best_rule,
        "best_rule_chosen_on": c.validation or None,
        "policies": policies,
        "notice": "Research use only, never for patient care.",
    }
