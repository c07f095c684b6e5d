"""The figures of a comparison, with captions that say how to read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pmrl.experiments import captions
from pmrl.experiments.benchmark import STRAW_MEN, Comparison
from pmrl.experiments.captions import prose
from pmrl.experiments.figure_style import Illustration, looks
from pmrl.experiments.figures_courses import patient_courses, reference_arm
from pmrl.experiments.figures_genotypes import gain_by_genotype, references, ttr_by_genotype
from pmrl.experiments.figures_learning import learning_curves
from pmrl.experiments.figures_policies import (
    IN_SAMPLE_MARK,
    STRETCHED_BELOW,
    compared,
    of_kind,
    safety_by_policy,
    share,
    ttr_by_policy,
)
from pmrl.experiments.genotype_groups import SMALLEST_GROUP
from pmrl.experiments.heat_map import DAY, described, dose_heat_maps

Results = Mapping[str, Any]
Learning = Mapping[str, Sequence[Mapping[str, float]]]
_MOST_LEARNED = 3


def illustrations(
    comparison: Comparison, results: Results, learning: Learning | None = None
) -> list[Illustration]:
    """Every figure that the comparison has numbers for, in the order of the report.

    Args:
        comparison: the arms, patient by patient.
        results: the same comparison as of `pmrl.experiments.comparison_numbers.as_dict`.
        learning: policy -> points with `steps` and `ttr` on validation patients.
    """
    found = [_ttr(comparison, results), _safety(comparison, results)]
    if results["policies"][compared(results)[0]]["by_genotype"]:
        found.append(_genotypes(comparison, results))
        if of_kind("learned", results) and references(results):
            found.append(_gains(comparison, results))
    if not comparison.hides_patients:
        found.append(_courses(comparison, results))
    curves = {name: points for name, points in (learning or {}).items() if points}
    if curves:
        found.append(_learning(comparison, results, curves))
    return [*found, _heat_maps(comparison, results)]


def shown_closely(comparison: Comparison, results: Results) -> list[str]:
    """The best rule and the best learned policies: those that courses and heat maps are drawn for."""
    learned = of_kind("learned", results)[:_MOST_LEARNED]
    reference = reference_arm(comparison)
    return [reference, *(name for name in learned if name != reference)]


def event_labels(comparison: Comparison) -> dict[str, str]:
    """Key of each safety event in the results -> what is counted, such as "days with INR > 4"."""
    events = comparison.therapy.safety_events
    return {
        name: f"{event.unit.removeprefix('of ')} with {event.label(comparison.therapy)}"
        for name, event in events.items()
    }


def _ttr(comparison: Comparison, results: Results) -> Illustration:
    therapy = comparison.therapy
    marked = any(row["in_sample"] for row in results["policies"].values())
    text = prose(
        captions.TTR_BY_POLICY,
        biomarker=therapy.biomarker,
        target=therapy.target_text,
        net="" if therapy.primary == "ttr" else ", less the price of harm in days",
        patients=f"{comparison.n:,}",
        in_sample=prose(captions.IN_SAMPLE, mark=IN_SAMPLE_MARK) if marked else "",
    )
    return Illustration("ttr_by_policy", "Time in range by policy", text, ttr_by_policy(results))


def _safety(comparison: Comparison, results: Results) -> Illustration:
    events, rows = event_labels(comparison), results["policies"]
    left_out = [name for name in STRAW_MEN if name in rows]
    key, label = next(iter(events.items()))
    values = ", ".join(f"{name} {share(rows[name], key)[0]:.1f}%" for name in left_out)
    text = prose(
        captions.SAFETY,
        events=" and of ".join(events.values()),
        linear=f"{STRETCHED_BELOW:g}",
        straw_men=prose(captions.STRAW_MEN, event=label, values=values) if left_out else "",
    )
    return Illustration("safety", "Safety by policy", text, safety_by_policy(results, events))


def _genotypes(comparison: Comparison, results: Results) -> Illustration:
    text = prose(captions.TTR_BY_GENOTYPE, groups=_groups(comparison))
    return Illustration("ttr_by_genotype", "Time in range by genotype", text, ttr_by_genotype(results))


def _gains(comparison: Comparison, results: Results) -> Illustration:
    bayesian = of_kind("model-based", results)
    text = prose(
        captions.GAIN_BY_GENOTYPE,
        bayesian=captions.STRONGEST.format(name=bayesian[0]) if len(bayesian) > 1 else "",
        groups=_groups(comparison),
    )
    figure = gain_by_genotype(results)
    return Illustration("gain_by_genotype", "What learned policies gain, by genotype", text, figure)


def _groups(comparison: Comparison) -> str:
    cell = comparison.disclosure.smallest_cell
    private = captions.PRIVATE_GROUPS.format(smallest_cell=cell) if comparison.private else ""
    return captions.GROUPS.format(smallest=SMALLEST_GROUP, private=private)


def _courses(comparison: Comparison, results: Results) -> Illustration:
    kept = len(comparison.cohort)
    among = captions.AMONG_THE_FIRST.format(kept=f"{kept:,}") if kept < comparison.n else ""
    text = prose(
        captions.PATIENT_COURSES,
        biomarker=comparison.therapy.biomarker,
        selection=prose(captions.SELECTION_RULE, among=among),
    )
    shown = looks(shown_closely(comparison, results), results)
    figure = patient_courses(comparison, shown)
    return Illustration("patient_courses", "Courses of single patients", text, figure)


def _learning(comparison: Comparison, results: Results, curves: Learning) -> Illustration:
    best = comparison.best_rule
    line = (best, comparison.validation[best]) if best and best in comparison.validation else None
    text = prose(captions.LEARNING_CURVES, line=captions.BEST_RULE_LINE if line else "")
    figure = learning_curves(curves, looks(curves, results), line)
    return Illustration("learning_curves", "Learning curves", text, figure)


def _heat_maps(comparison: Comparison, results: Results) -> Illustration:
    text = prose(
        captions.DOSE_HEAT_MAPS,
        patient=described(comparison.therapy),
        day=DAY,
    )
    policies = [comparison.arms[name].policy for name in shown_closely(comparison, results)]
    figure = dose_heat_maps(policies, comparison.therapy)
    return Illustration("dose_heat_maps", "What each policy does at a visit", text, figure)
