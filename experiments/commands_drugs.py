"""The command that lists the drugs and prints the card of one."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

from rich.table import Table

from pmrl.disturbance import DIET_PERIOD, INTERACTIONS, SURGERY_HELD
from pmrl.envs.patients import therapy_model
from pmrl.envs.registry import THERAPIES, therapy
from pmrl.experiments.output import Output
from pmrl.experiments.printing import say
from pmrl.genetics import find_gene
from pmrl.parameter import Parameter


def run_drugs(card: str | None, seed: int, out: Path | None, json_file: Path | None) -> None:
    """List the drugs, or print every number of one with its source and status."""
    output = Output("drugs", out, json_file, seed)
    if card is None:
        rows: list[dict[str, Any]] = [
            {"drug": drug, "environment": name, "models": list(therapy(drug).models)}
            for drug, (name, _) in THERAPIES.items()
        ]
        table = Table("drug", "environment id", "patient models (default first)", title="Drugs")
        for row in rows:
            table.add_row(row["drug"], row["environment"], ", ".join(row["models"]))
        say(table)
        output.finish({"drugs": rows})
        return
    by_id = {name: drug for drug, (name, _) in THERAPIES.items()}
    drug = by_id.get(card, card)
    numbers, chosen = _card(drug), therapy(drug)
    table = Table("where", "number", "value", "unit", "status", "source", title=f"{drug}: every number")
    for row in numbers:
        shown = row["status"].upper() if row["status"] in ("recalled", "assumption") else row["status"]
        table.add_row(row["where"], row["name"], f"{row['value']:g}", row["unit"], shown, row["source"])
    if chosen.largest_dose_wins:
        say(f"Weak dosing problem: {chosen.largest_dose_wins}", markup=False, soft_wrap=True)
    say(table)
    for caveat in chosen.caveats:
        say(f"- {caveat}", markup=False, soft_wrap=True)
    about = {"largest_dose_wins": chosen.largest_dose_wins or None, "caveats": list(chosen.caveats)}
    output.finish({"drug": drug, **about, "numbers": numbers})


def _card(drug: str) -> list[dict[str, Any]]:
    """Every number behind a drug: therapy, adherence, variability, disturbances, patients, models."""
    from pmrl import adherence, variability

    chosen = therapy(drug)
    rows = [_number("therapy", name, value) for name, value in chosen.parameters.items()]
    rows += [
        _number("adherence", f.name, getattr(adherence.IN_RANGE, f.name)) for f in fields(adherence.IN_RANGE)
    ]
    rows.append(_number("variability", "occasion_days", variability.OCCASION_DAYS))
    for name in chosen.interactions:
        interaction = INTERACTIONS[name]
        rows += [
            _number(f"interaction {name}", f.name, getattr(interaction, f.name)) for f in fields(interaction)
        ]
    rows.append(_number("surgery", "held", SURGERY_HELD))
    rows += [_number("diet", "period", DIET_PERIOD)] if chosen.diet else []
    for covariate in chosen.population.covariates:
        rows.append(_number(f"covariate {covariate.name}", "typical", covariate.typical))
        rows += [_number(f"covariate {covariate.name}", "drawn by", number) for number in covariate.numbers]
    for gene in chosen.population.genes:
        rows += _frequencies(gene)
    if drug == "warfarin":
        from pmrl.models import warfarin_covariates

        for name in ("CYP2C9_RARE", "RS12777823_A", "CYP4F2_T"):
            rows.append(_number("genotype", name.lower(), getattr(warfarin_covariates, name)))
    for model_name in chosen.models:
        patient_model = therapy_model(chosen, model_name)
        for set_name, numbers in patient_model.parameter_sets.items():
            where = f"{model_name}, {set_name}"
            rows += [_number(where, f.name, getattr(numbers, f.name)) for f in fields(numbers)]
    return rows


def _frequencies(gene: str) -> list[dict[str, Any]]:
    """Frequency of every allele but the reference, by ancestry."""
    found = find_gene(gene)
    return [
        _number(f"{gene}, {ancestry}", allele, number)
        for ancestry, numbers in found.frequencies.items()
        for allele, number in list(zip(found.alleles, numbers, strict=True))[1:]
    ]


def _number(where: str, name: str, number: Parameter) -> dict[str, Any]:
    return {
        "where": where,
        "name": name,
        "value": float(number),
        "unit": number.unit,
        "status": number.status,
        "source": number.source,
    }
