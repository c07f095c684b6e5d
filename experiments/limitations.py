"""What the numbers of a report do not show, said where the reader can see it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pmrl.envs.patients import therapy_model
from pmrl.experiments.benchmark import Comparison

_PATIENTS = (
    "The patients are simulated. Their covariates and genotypes may be real, their response never is: it "
    "follows from one published model. Time in range is a surrogate.",
    "Adherence is the same kind for everybody: days are missed independently of each other, given the "
    "patient's own share. Real patients miss runs of days, and change.",
    "A change of sensitivity from occasion to occasion ({occasion:.0%}) and the assay error ({assay:.0%})"
    " are assumptions of this project. They decide how much any policy can reach: differences between "
    "policies are more trustworthy than levels.",
)
_WEAK = "Weak dosing problem: {why}"
_CALIBRATED = (
    "The parameter set 'iwpc' was refitted by this project to recorded stable doses of IWPC patients "
    "(training part). Doses of that kind tell about clearance and sensitivity together, not apart, and "
    "nothing about the speed of the response."
)
_IN_SAMPLE = (
    "The IWPC equations and what starts from them ({names}) were derived on the patients of whom the "
    "shipped ones are a part, so they have an in-sample advantage."
)
_LEARNED = (
    "The learned policies were trained in the simulator in which they are judged, with its adherence, "
    "errors and visits. The rules were not made for it. An advantage here is an upper guess of an "
    "advantage elsewhere.",
    "Each learned policy here is one training run with one seed. That says how good this policy is, not "
    "how good its algorithm is: for that, ten seeds or more are needed.",
)
_ESTIMATE = (
    "The learned policies see a published a-priori dose estimate as one of their features. For warfarin "
    "it is the modified IWPC equation, so they share its in-sample advantage."
)
_RULES = (
    "The rules are made to act at visits of their own choosing. Here all policies see the patients on the"
    " same days, which favours none, but is not how each rule was published."
)
_SUBGROUPS = (
    "Results by genotype are many and their groups small; no correction for multiple comparisons was "
    "made. Carriers of alleles that are rare in the shipped patients are the least certain."
)


def limitations(comparison: Comparison, results: Mapping[str, Any]) -> list[str]:
    """The limitations that apply to a comparison."""
    scenario, rows = comparison.scenario, results["policies"]
    within = scenario.completed(comparison.therapy.variability).variability
    found = [text.format(occasion=within.occasion_sd, assay=within.assay_sd) for text in _PATIENTS]
    weak = comparison.therapy.largest_dose_wins
    found[1:1] = ([_WEAK.format(why=weak)] if weak else []) + list(comparison.therapy.caveats)
    model = therapy_model(comparison.therapy, scenario.model)
    if (scenario.parameters or model.default_set) == "iwpc":
        found.append(_CALIBRATED)
    in_sample = [name for name, row in rows.items() if row["in_sample"]]
    if in_sample:
        found.append(_IN_SAMPLE.format(names=", ".join(in_sample)))
    if any(row["kind"] == "learned" for row in rows.values()):
        found += _LEARNED
        if comparison.therapy.estimate_in_sample:
            found.append(_ESTIMATE)
    if scenario.visits == "schedule":
        found.append(_RULES)
    return [*found, _SUBGROUPS]
