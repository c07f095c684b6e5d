"""The figures of a comparison, with captions that say how to read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pmrl.experiments.benchmark import SMALLEST_GROUP, STRAW_MEN, Comparison
from pmrl.experiments.figure_style import Illustration, looks
from pmrl.experiments.figures_courses import SELECTION_RULE, patient_courses, reference_arm
from pmrl.experiments.figures_learning import learning_curves
from pmrl.experiments.figures_policies import (
    IN_SAMPLE_MARK,
    compared,
    ranked,
    safety_by_policy,
    share,
    ttr_by_genotype,
    ttr_by_policy,
)
from pmrl.experiments.heat_map import dose_heat_maps

_MOST_LEARNED = 3


def shown_closely(comparison: Comparison, results: Mapping[str, Any]) -> list[str]:
    """The best rule and the best learned policies: those that courses and heat maps are drawn for."""
    rows = results["policies"]
    learned = [name for name in ranked(results) if rows[name]["kind"] == "learned"][:_MOST_LEARNED]
    return [reference_arm(comparison), *learned]


def event_labels(comparison: Comparison) -> dict[str, str]:
    """Key of each safety event in the results -> what it is, e.g. "INR > 4"."""
    therapy = comparison.therapy
    return {name: f"{therapy.biomarker} > {limit:g}" for name, limit in therapy.safety_limits.items()}


def illustrations(
    comparison: Comparison,
    results: Mapping[str, Any],
    learning: Mapping[str, Sequence[Mapping[str, float]]] | None = None,
) -> list[Illustration]:
    """Every figure that the comparison has numbers for, in the order of the report.

    Args:
        comparison: the arms, patient by patient.
        results: the same comparison as of `as_dict`.
        learning: policy -> points with `steps` and `ttr` on validation patients.
    """
    found = [_ttr(comparison, results), _safety(comparison, results)]
    names = compared(results)
    if names and results["policies"][names[0]]["by_genotype"]:
        found.append(_genotypes(results))
    close = shown_closely(comparison, results)
    found.append(
        Illustration(
            "patient_courses",
            "Courses of single patients",
            f"True {comparison.therapy.biomarker} above and the prescribed dose below, under each policy; markers "
            f"are visits. The clinic sees the value with assay error, at visits only. {SELECTION_RULE} Each "
            "patient misses the same days under every policy.",
            patient_courses(comparison, looks(close, results)),
        )
    )
    curves = {name: points for name, points in (learning or {}).items() if points}
    if curves:
        found.append(_learning(comparison, results, curves))
    found.append(
        Illustration(
            "dose_heat_maps",
            "What each policy does at a visit",
            "Change of the mean daily dose until the next visit, for a made-up patient of 65 years, 75 kg and "
            "170 cm at the visit of day 42 who had the same result on the same dose at every visit before. Red "
            "raises the dose, blue lowers it, white keeps it; a black line encloses where the dose is kept; green "
            "dashes are the target range. Doses are rounded to what can be dispensed, so small doses change in "
            "coarse steps. A sensible policy is red on the left, blue on the right, and white between the dashes.",
            dose_heat_maps([comparison.arms[name].policy for name in close], comparison.therapy),
        )
    )
    return found


def _ttr(comparison: Comparison, results: Mapping[str, Any]) -> Illustration:
    therapy = comparison.therapy
    text = (
        f"Share of days with {therapy.biomarker} from {therapy.target_low:g} to {therapy.target_high:g}: further "
        f"right is better. Bars are 95% confidence intervals over {comparison.n:,} patients, who are the same for "
        "every policy, so small differences can be certain although bars overlap (see the paired differences in "
        "the table). The dotted line is the best rule. On the right: days below range (a risk of clots) and above "
        "it (a risk of bleeding)."
    )
    if any(row["in_sample"] for row in results["policies"].values()):
        text += (
            f" {IN_SAMPLE_MARK} starts from an equation that was derived on the same real patients (in-sample)."
        )
    return Illustration("ttr_by_policy", "Time in range by policy", text, ttr_by_policy(results))


def _safety(comparison: Comparison, results: Mapping[str, Any]) -> Illustration:
    events = event_labels(comparison)
    text = (
        f"Share of days with {' and with '.join(events.values())}: further left is safer; the lowest at the bottom. "
        "The dotted line is the best rule."
    )
    left_out = [name for name in STRAW_MEN if name in results["policies"]]
    if left_out:
        key, label = next(iter(events.items()))
        values = ", ".join(f"{name} {share(results['policies'][name], key)[0]:.1f}%" for name in left_out)
        text += f" Straw men are not drawn (days with {label}: {values})."
    return Illustration("safety", "Safety by policy", text, safety_by_policy(results, events))


def _genotypes(results: Mapping[str, Any]) -> Illustration:
    return Illustration(
        "ttr_by_genotype",
        "Time in range by genotype",
        "The patients by their true genotype, the largest group first; groups of fewer than "
        f"{SMALLEST_GROUP} patients are left out. A policy that serves all patients alike has its markers at the "
        "same height of time in range in every group. Groups are small: look at the intervals before the means.",
        ttr_by_genotype(results),
    )


def _learning(
    comparison: Comparison, results: Mapping[str, Any], curves: Mapping[str, Sequence[Mapping[str, float]]]
) -> Illustration:
    best = comparison.best_rule
    line = (best, comparison.validation[best]) if best and best in comparison.validation else None
    return Illustration(
        "learning_curves",
        "Learning curves",
        "Time in range on validation patients while each policy is trained. "
        + ("The dashed line is the best rule on validation patients. " if line else "")
        + "One step is one visit of one patient. One training run each: another seed gives another curve.",
        learning_curves(curves, looks(curves, results), line),
    )
