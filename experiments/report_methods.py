"""What the report says of patients, scenario, prescribers and limits, read from the objects themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pmrl.agents.policy import Policy
from pmrl.cohort import Cohort
from pmrl.drawn_population import DrawnPopulation
from pmrl.envs.patients import therapy_model
from pmrl.envs.scenario import DEFAULT, Scenario
from pmrl.experiments.benchmark import Comparison
from pmrl.experiments.figure_style import KINDS, kind_of
from pmrl.parameter import Parameter
from pmrl.population import PARTS
from pmrl.variability import OCCASION_DAYS

Row = dict[str, str]
CHOSEN = "chosen for this study"

COHORTS: Mapping[str, str] = {
    "train": "the training part of the shipped real patients (IWPC), resampled",
    "validation": "the validation part of the shipped real patients (IWPC), resampled",
    "test": "the test part of the shipped real patients (IWPC), on which this project fitted and chose "
    "nothing, resampled",
    "sampled": "made up from allele frequencies and covariate distributions by ancestry",
}


def patients(comparison: Comparison) -> str:
    """Where the test patients come from, in words, and what of them is not shown."""
    found = _source(comparison)
    if comparison.private:
        found += f"; groups of fewer than {comparison.disclosure.smallest_cell} of them are not shown"
    return found + (", nor are single ones" if comparison.hides_patients else "")


def _source(comparison: Comparison) -> str:
    source = comparison.scenario.cohort
    if isinstance(source, Cohort):
        return f"{len(source):,} patients given to the study"
    population = comparison.therapy.population
    if isinstance(population, DrawnPopulation) and source in PARTS:
        return f"{population.name}: the part '{source}', which shares no patient with the others"
    return COHORTS.get(str(source), "patients of a file given to the study, resampled")


def model_card(comparison: Comparison) -> dict[str, str]:
    """Name, parameter set, citation and population of the patient model."""
    model = therapy_model(comparison.therapy, comparison.scenario.model)
    return {
        "name": model.name,
        "parameters": comparison.scenario.parameters or model.default_set,
        "citation": model.citation,
        "population": model.population.replace("`", ""),
    }


_VARIABILITY = {
    "occasion_sd": "change of sensitivity from occasion to occasion",
    "assay_sd": "assay error, relative",
    "assay_error": "assay error on top",
}
"""Field of `pmrl.variability.Variability` -> what it is."""


def scenario_rows(comparison: Comparison) -> list[Row]:
    """Every number of the scenario with unit, source and status."""
    scenario, therapy = comparison.scenario, comparison.therapy
    adherence = scenario.adherence_model
    rows = [
        _row("days without a dose", adherence.missed),
        _row("days with a double dose", adherence.extra),
        _row("spread of non-adherence", adherence.spread),
    ]
    variability = scenario.completed(therapy.variability).variability
    rows += [
        _chosen(what, getattr(variability, name), therapy.parameters[name])
        for name, what in _VARIABILITY.items()
        if name in therapy.parameters
    ]
    rows.append(_row("length of an occasion", OCCASION_DAYS))
    rows += [
        _row(name.replace("_", " "), parameter)
        for name, parameter in therapy.parameters.items()
        if name != "schedule" and name not in _VARIABILITY
    ]
    rows.append(_visits(comparison))
    return [*rows, *_other_options(scenario)]


def _visits(comparison: Comparison) -> Row:
    if comparison.scenario.visits == "protocol":
        return {
            "what": "visits",
            "value": "each policy's own wish",
            "unit": "",
            "source": CHOSEN,
            "status": "",
        }
    schedule = comparison.therapy.schedule
    known = comparison.therapy.parameters.get("schedule")
    days = ", ".join(str(day) for day in schedule.induction)
    return {
        "what": "visits on days (the same for every policy)",
        "value": f"{days}, then every {schedule.maintenance_days}",
        "unit": "days",
        "source": known.source if known else "",
        "status": known.status if known else "",
    }


def _row(what: str, parameter: Parameter) -> Row:
    return {
        "what": what,
        "value": f"{parameter.value:g}",
        "unit": parameter.unit,
        "source": parameter.source,
        "status": parameter.status,
    }


def _chosen(what: str, value: float, default: Parameter) -> Row:
    if value == default.value:
        return _row(what, default)
    return _row(what, Parameter(value, default.unit, CHOSEN, "assumption"))


def _other_options(scenario: Scenario) -> list[Row]:
    """Options that differ from the default scenario, or that a reader will ask for."""
    shown = (
        "genotype",
        "start",
        "lab_delay_days",
        "missed_visits",
        "interaction",
        "vitamin_k",
        "surgery",
        "days",
    )
    asked = ("genotype", "start")
    rows = []
    for name in shown:
        value, default = getattr(scenario, name), getattr(DEFAULT, name)
        if name in asked or value != default:
            source = "default scenario" if value == default else CHOSEN
            rows.append(
                {
                    "what": name.replace("_", " "),
                    "value": str(value),
                    "unit": "",
                    "source": source,
                    "status": "",
                }
            )
    return rows


def prescribers(comparison: Comparison, results: Mapping[str, Any]) -> list[Row]:
    """Every policy: what it does and where it is published."""
    return [
        {
            "name": name,
            "kind": KINDS[kind_of(name, results["policies"][name], None)].label,
            "summary": _summary(arm.policy),
        }
        for name, arm in comparison.arms.items()
    ]


def _summary(policy: Policy) -> str:
    summary = getattr(policy, "summary", "")
    card = getattr(policy, "card", None)
    if card is not None:
        layers = " × ".join(str(size) for size in card.layers)
        return f"{card.algorithm.upper()} network ({layers}), {card.actions} actions; {card.intended_use}"
    return str(summary) or "no description"


def training_rows(comparison: Comparison, learning: Mapping[str, Any]) -> list[Row]:
    """One row for each learned policy that carries a card: how it was trained."""
    rows = []
    for name, arm in comparison.arms.items():
        card = getattr(arm.policy, "card", None)
        if card is None:
            continue
        training, curve = card.training, learning.get(name) or []
        weights = training.get("reward_weights")
        primary = comparison.therapy.primary
        reached = max((point.get(primary, point["ttr"]) for point in curve), default=None)
        ttr = training.get(f"validation_{primary}", reached)
        rows.append(
            {
                "name": name,
                "algorithm": card.algorithm.upper(),
                "steps": _whole(training.get("steps")),
                "seconds": _whole(training.get("seconds")),
                "actions": card.actions,
                "reward": _weights(weights or comparison.therapy.reward_weights),
                "seed": str(training.get("seed", "–")),
                "threads": str(training.get("threads", "–")),
                "ttr": "–" if ttr is None else f"{100 * ttr:.1f}%",
            }
        )
    return rows


def _weights(weights: Mapping[str, float]) -> str:
    return ", ".join(f"{weight:+g} {name.replace('_', ' ')}" for name, weight in weights.items())


def _whole(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}"
