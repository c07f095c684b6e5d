"""The commands about the patients: drugs, simulate, validate, calibrate."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Table

from pmrl.disturbance import DIET_PERIOD, INTERACTIONS, SURGERY_HELD
from pmrl.envs.patients import therapy_model
from pmrl.envs.registry import THERAPIES, therapy
from pmrl.errors import InputError
from pmrl.experiments.output import Output, console, progress_bar
from pmrl.model import PatientModel
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
        console.print(table)
        output.finish({"drugs": rows})
        return
    by_id = {name: drug for drug, (name, _) in THERAPIES.items()}
    drug = by_id.get(card, card)
    numbers = _card(drug)
    table = Table("where", "number", "value", "unit", "status", "source", title=f"{drug}: every number")
    for row in numbers:
        shown = row["status"].upper() if row["status"] in ("recalled", "assumption") else row["status"]
        table.add_row(row["where"], row["name"], f"{row['value']:g}", row["unit"], shown, row["source"])
    console.print(table)
    output.finish({"drug": drug, "numbers": numbers})


def _card(drug: str) -> list[dict[str, Any]]:
    """Every number behind a drug: therapy, adherence, variability, disturbances, models."""
    from pmrl import adherence, variability
    from pmrl.models import warfarin_covariates

    chosen = therapy(drug)
    rows = [_number("therapy", name, value) for name, value in chosen.parameters.items()]
    rows += [
        _number("adherence", f.name, getattr(adherence.IN_RANGE, f.name)) for f in fields(adherence.IN_RANGE)
    ]
    for name in ("OCCASION_SD", "OCCASION_DAYS", "ASSAY_SD"):
        rows.append(_number("variability", name.lower(), getattr(variability, name)))
    for name, interaction in INTERACTIONS.items():
        rows += [
            _number(f"interaction {name}", f.name, getattr(interaction, f.name)) for f in fields(interaction)
        ]
    rows += [_number("surgery", "held", SURGERY_HELD), _number("diet", "period", DIET_PERIOD)]
    for name in ("CYP2C9_RARE", "RS12777823_A", "CYP4F2_T"):
        rows.append(_number("genotype", name.lower(), getattr(warfarin_covariates, name)))
    for model_name in chosen.models:
        patient_model = therapy_model(chosen, model_name)
        for set_name, numbers in patient_model.parameter_sets.items():
            where = f"{model_name}, {set_name}"
            rows += [_number(where, f.name, getattr(numbers, f.name)) for f in fields(numbers)]
    return rows


def _number(where: str, name: str, number: Parameter) -> dict[str, Any]:
    return {
        "where": where,
        "name": name,
        "value": float(number),
        "unit": number.unit,
        "status": number.status,
        "source": number.source,
    }


@dataclass(frozen=True)
class SimulationRequest:
    """What `pmrl simulate` was asked for."""

    drug: str
    model: str | None
    parameters: str | None
    typical: bool
    age: float
    weight_kg: float
    height_cm: float
    ancestry: str
    amiodarone: bool
    genotype: tuple[str, ...]
    dose: float
    days: int
    patients: int


def parse_genotype(texts: tuple[str, ...]) -> dict[str, str]:
    """GENE=DIPLOTYPE texts as a dict.

    Raises:
        InputError: a text without '=', or a gene given twice.
    """
    found: dict[str, str] = {}
    for text in texts:
        gene, equals, diplotype = text.partition("=")
        if not equals or not gene or not diplotype:
            raise InputError(f"genotype '{text}': write GENE=DIPLOTYPE, such as CYP2C9='*1/*3'")
        if gene in found:
            raise InputError(f"genotype of {gene} is given twice: give each gene once")
        found[gene] = diplotype
    return found


def run_simulate(request: SimulationRequest, seed: int, out: Path | None, json_file: Path | None) -> None:
    """Simulate a described patient on one dose and write day and biomarker."""
    from pmrl.solve import course

    output = Output("simulate", out, json_file, seed)
    chosen = therapy(request.drug)
    patient_model = therapy_model(chosen, request.model)
    patient_model.numbers(request.parameters)
    dose = chosen.grid.require(request.dose)
    if not 1 <= request.days <= 3650:
        raise InputError(f"days {request.days} is out of range: give 1 to 3650")
    if not 1 <= request.patients <= 100_000:
        raise InputError(f"patients {request.patients} is out of range: give 1 to 100000")
    p = _individuals(request, patient_model, seed)
    biomarker = course(patient_model, p, np.full((len(p), request.days), dose))[0][:, 1:]
    days = list(range(1, request.days + 1))
    result = {
        "drug": request.drug,
        "model": patient_model.name,
        "parameters": request.parameters or patient_model.default_set,
        "dose_mg_day": dose,
        "biomarker_name": chosen.biomarker,
        "day": days,
        "biomarker": biomarker[0].tolist() if len(p) == 1 else biomarker.tolist(),
    }
    table = Table(
        "day", chosen.biomarker, title=f"{request.drug} {dose:g} {chosen.grid.unit}, {patient_model.name}"
    )
    for k in sorted({*range(0, request.days, max(request.days // 12, 1)), request.days - 1}):
        middle = np.median(biomarker[:, k])
        low, high = np.quantile(biomarker[:, k], [0.05, 0.95])
        table.add_row(
            str(days[k]), f"{middle:.3f}" + (f" (90%: {low:.2f} to {high:.2f})" if len(p) > 1 else "")
        )
    console.print(table)
    if output.folder is not None:
        from pmrl.experiments.figures_simulation import simulation_figure

        output.save_figure(
            "course", simulation_figure(np.array(days), biomarker, chosen, dose, patient_model.name)
        )
    output.finish(result)


def _individuals(request: SimulationRequest, patient_model: PatientModel, seed: int) -> Any:
    """Individual parameters `(n_patients, n_parameters)` of the described patient."""
    from dataclasses import replace

    from pmrl.typical import typical_patient

    one = typical_patient(
        parse_genotype(request.genotype),
        ancestry=request.ancestry,
        seed=seed,
        age=request.age,
        weight_kg=request.weight_kg,
        height_cm=request.height_cm,
        amiodarone=float(request.amiodarone),
    )
    alike = replace(one.take(np.zeros(request.patients, dtype=np.int64)), ids=np.arange(request.patients))
    return patient_model.patients(alike, request.parameters, typical=request.typical)


# Measure -> digits shown.
_AGREEMENT = {"mae_mg_week": 2, "bias_log": 3, "log_sd": 3, "r2": 3, "within_20": 3}


def run_validate(drug: str, cohort: str, seed: int, out: Path | None, json_file: Path | None) -> None:
    """Predicted against recorded doses, and all anchors."""
    from pmrl.experiments.validation import validate

    output = Output("validate", out, json_file, seed)
    therapy(drug)
    table = _recorded(cohort)
    with progress_bar("validating") as advance:
        found = validate(table, progress=advance)
    shown = Table(
        "prediction", "n", "MAE mg/week", "bias (log)", "log-SD", "R2", "within 20%", title="Maintenance dose"
    )
    for group, what in (("parameters", "set"), ("algorithms", "algorithm")):
        for name, row in found[group].items():
            shown.add_row(
                f"{what} {name}", str(row["n"]), *(
                    "-" if row[key] is None else f"{row[key]:.{digits}f}"
                    for key, digits in _AGREEMENT.items()
                ),
            )  # fmt: skip
    console.print(shown)
    held_out = found.get("leave_one_site_out")
    if held_out:
        console.print(
            f"leave one site out: MAE {held_out['mae_mg_week']:.2f} mg/week, "
            f"log-SD {held_out['log_sd']:.3f}, sites with >= 80 patients and |bias| > 0.20: "
            f"{held_out['misses'] or 'none'}"
        )
    misses = [anchor for anchor in found["anchors"] if not anchor["ok"]]
    console.print(f"anchors: {len(found['anchors']) - len(misses)} of {len(found['anchors'])} hold")
    for anchor in misses:
        console.print(f"  miss: {anchor['what']}: expected {anchor['expected']:g}, got {anchor['got']:g}")
    if output.folder is not None:
        from pmrl.experiments.figures_validation import draw_validation

        draw_validation(table, output.folder)
    output.finish(found)


def _recorded(cohort: str) -> Any:
    from pmrl import iwpc
    from pmrl.cohort_reading import read_table

    return iwpc.load() if cohort == "iwpc" else read_table(cohort, needs=("stable", "dose_mg_week"))


def run_calibrate(drug: str, cohort: str, seed: int, out: Path | None, json_file: Path | None) -> None:
    """Refit the default parameter set and hold it against the shipped file."""
    from pmrl.experiments.calibration import FILE, calibrate, reproduces
    from pmrl.models.calibration_file import read_calibration

    output = Output("calibrate", out, json_file, seed)
    therapy(drug)
    table = _recorded(cohort)
    with progress_bar("calibrating") as advance:
        refit = calibrate(table, progress=advance)
    shipped = read_calibration(FILE)
    same = reproduces(shipped, refit.record) if cohort == "iwpc" else {}
    shown = Table(
        "number", "refitted", "shipped", "standard error", "reproduced", title="Hamberg 2010, set iwpc"
    )
    for name, value in refit.fitted.items():
        error = refit.record["standard_errors"].get(name)
        shown.add_row(
            name,
            f"{value:.6g}",
            f"{shipped['fitted'][name]:.6g}",
            "-" if error is None else f"{error:.3g}",
            ("yes" if same[name] else "NO") if name in same else "-",
        )
    console.print(shown)
    output.finish({**refit.record, "shipped": shipped["fitted"], "reproduced": same or None})
