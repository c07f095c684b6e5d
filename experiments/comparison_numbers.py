"""A comparison in numbers: means with intervals, paired differences, and the share of the gap closed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from pmrl.agents.tuned import tuning_of
from pmrl.experiments import statistics
from pmrl.experiments.benchmark import Comparison
from pmrl.experiments.estimates import STABLE, Estimates
from pmrl.experiments.treatment import Way

SHARES = ("ttr", "net", "below", "above", "ttr_first_28", "ttr_after_28", "ttr_rosendaal")
PAIRED = ("ttr", "net", "ttr_first_28", "ttr_after_28")
MEANS = ("visits", "mean_dose")


def as_dict(comparison: Comparison) -> dict[str, Any]:
    """The comparison as JSON: fractions of days with 95% intervals, differences paired by patient."""
    c, found = comparison, comparison.estimates
    return {
        "drug": c.therapy.drug,
        "environment": c.therapy.id,
        "patients": c.n,
        "interrupted": c.interrupted,
        "seed": c.seed,
        "days": c.scenario.days or c.therapy.horizon_days,
        "safety_events": {
            name: {"name": event.short, "unit": event.unit} for name, event in c.therapy.safety_events.items()
        },
        "primary": c.therapy.primary,
        "privacy": _privacy(c),
        "best_rule": c.best_rule,
        "best_rule_chosen_on": c.validation or None,
        "policies": {name: _row(c, found, name) for name in c.arms},
        "gap": gap(c, found),
        "notice": "Research use only, never for patient care.",
    }


def _privacy(comparison: Comparison) -> dict[str, Any] | None:
    """What is not disclosed of patients who may be real; None where there are none."""
    if not comparison.private:
        return None
    asked = comparison.disclosure
    return {
        "smallest_cell": asked.smallest_cell,
        "single_patients": "shown" if asked.show_patients else "hidden",
        "ids": "of the cohort" if asked.keep_ids else "of this study only",
    }


ORACLE, CLAIRVOYANT = "o2", "o3"


def has_gap(comparison: Comparison) -> bool:
    """Whether the best rule and the oracle O2 took part."""
    return comparison.best_rule in comparison.arms and ORACLE in comparison.arms


def gap(comparison: Comparison, found: Estimates) -> dict[str, Any] | None:
    """The share of what there is to gain that each policy gains; None without a best rule and the oracle O2.

    (policy - best rule) / (O2 - best rule) of the mean primary outcome, and the same to O3, which knows a
    future that no prescriber does. Null where the oracle is not better than the rule.
    """
    best, primary = comparison.best_rule, comparison.therapy.primary
    if best is None or not has_gap(comparison):
        return None
    mean = {name: found.mean(Way(name), primary).mean for name in comparison.arms}

    def share(name: str, oracle: str) -> float | None:
        whole = mean[oracle] - mean[best] if oracle in mean else 0.0
        return (mean[name] - mean[best]) / whole if whole > 0.0 else None

    oracles = {"closed": ORACLE, "closed_to_clairvoyant": CLAIRVOYANT}
    return {name: {key: share(name, oracle) for key, oracle in oracles.items()} for name in mean}


def _row(comparison: Comparison, found: Estimates, name: str) -> dict[str, Any]:
    """The numbers of one policy."""
    arm, events = comparison.arms[name], tuple(comparison.therapy.safety_events)
    way, own = Way(name), Way(name, own_visits=True)
    numbers = partial(_numbers, names=(*SHARES, *events, *MEANS))
    return {
        "kind": arm.policy.kind,
        "in_sample": bool(getattr(arm.policy, "in_sample", False)),
        **numbers(partial(found.mean, way)),
        "stable": found.mean(way, STABLE).as_dict(),
        "median_days_to_stable": found.median_days_to_stable(way),
        "seconds": arm.seconds,
        "tuning": tuning_of(arm.policy),
        "own_visits": arm.own_visits and numbers(partial(found.mean, own)),
        **_differences(comparison, found, name, (*PAIRED, *events)),
        "by_genotype": {
            group: {
                "n": n,
                **_numbers(partial(found.mean, way, group=group), ("ttr", *events)),
                **_differences(comparison, found, name, ("ttr", "net", *events), group),
            }
            for group, n in found.groups.items()
        },
    }


def _differences(
    comparison: Comparison, found: Estimates, name: str, names: Sequence[str], group: str | None = None
) -> dict[str, Any]:
    """Paired differences: to the best rule, None where it took no part; of learned ones to Bayesian ones."""
    kinds = {other: arm.policy.kind for other, arm in comparison.arms.items()}
    against = {
        other: _numbers(partial(found.difference, Way(name), reference=Way(other), group=group), names)
        for other in comparison.opponents[name]
    }
    bayesian = {other: row for other, row in against.items() if kinds[other] == "model-based"}
    return {
        "difference_to_best_rule": against.get(comparison.best_rule or ""),
        "difference_to_model_based": bayesian if kinds[name] == "learned" else {},
    }


def _numbers(
    estimate: Callable[[str], statistics.Estimate], names: Sequence[str]
) -> dict[str, dict[str, object]]:
    return {name: estimate(name).as_dict() for name in names}
