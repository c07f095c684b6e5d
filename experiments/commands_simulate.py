"""The command that simulates described patients on one dose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from rich.table import Table

from pmrl.cohort import Cohort
from pmrl.csv_lines import NUMBER
from pmrl.envs.patients import therapy_model
from pmrl.envs.registry import therapy
from pmrl.errors import InputError
from pmrl.experiments.nonmem import Courses, require_form, write_nonmem
from pmrl.experiments.output import Output
from pmrl.experiments.printing import say
from pmrl.genetics import find_gene
from pmrl.model import PatientModel


@dataclass(frozen=True)
class SimulationRequest:
    """What `pmrl simulate` was asked for."""

    drug: str
    model: str | None
    parameters: str | None
    typical: bool
    covariates: Mapping[str, float]
    ancestry: str
    genotype: tuple[str, ...]
    dose: float | None
    days: int
    patients: int
    form: str = "table"


def parse_genotype(texts: tuple[str, ...]) -> dict[str, str]:
    """GENE=DIPLOTYPE texts as a dict.

    Raises:
        InputError: a text without '=', or a gene given twice.
    """
    found: dict[str, str] = {}
    for text in texts:
        gene, equals, diplotype = text.partition("=")
        if not equals or not gene.strip() or not diplotype.strip():
            raise InputError(f"genotype '{text}': write GENE=DIPLOTYPE, such as CYP2C9='*1/*3'")
        if gene in found:
            raise InputError(f"genotype of {gene} is given twice: give each gene once")
        found[gene] = diplotype
    return found


def parse_covariates(texts: tuple[str, ...], given: Mapping[str, float | None]) -> dict[str, float]:
    """NAME=VALUE texts as a dict, with what was `given` by options of its own.

    Raises:
        InputError: a text without '=', a value that is not a number, or a covariate given twice.
    """
    found = {name: value for name, value in given.items() if value is not None}
    for text in texts:
        name, _, value = text.partition("=")
        if name in found:
            raise InputError(f"covariate {name} is given twice: give each once")
        if not NUMBER.fullmatch(value.strip()):
            raise InputError(f"covariate '{text}': write NAME=NUMBER, such as age=50")
        found[name] = float(value)
    return found


def run_simulate(request: SimulationRequest, seed: int, out: Path | None, json_file: Path | None) -> None:
    """Simulate a described patient on one dose and write day and biomarker."""
    from pmrl.solve import course

    require_form(request.form, out)
    output = Output("simulate", out, json_file, seed)
    chosen = therapy(request.drug)
    patient_model = therapy_model(chosen, request.model)
    patient_model.numbers(request.parameters)
    dose = chosen.grid.require(chosen.standard_dose if request.dose is None else request.dose)
    if not 1 <= request.days <= 3650:
        raise InputError(f"days {request.days} is out of range: give 1 to 3650")
    if not 1 <= request.patients <= 100_000:
        raise InputError(f"patients {request.patients} is out of range: give 1 to 100000")
    people = _people(request, patient_model, seed)
    with output.keeping_faults():
        p = patient_model.patients(people, request.parameters, typical=request.typical)
        doses = np.full((len(p), request.days), dose)
        values = course(patient_model, p, doses)[0]
    biomarker = values[:, 1:]
    days = list(range(1, request.days + 1))
    shown = _shown(request, people, seed)
    result = {
        "drug": request.drug,
        "model": patient_model.name,
        "parameters": request.parameters or patient_model.default_set,
        "dose_mg_day": dose,
        "shown": shown,
        "biomarker_name": chosen.biomarker,
        "day": days,
        "biomarker": biomarker[0].tolist() if len(p) == 1 else biomarker.tolist(),
    }
    title = f"{request.drug} {dose:g} {chosen.grid.unit}, {patient_model.name}"
    table = Table("day", chosen.biomarker, title=title)
    for k in sorted({*range(0, request.days, max(request.days // 12, 1)), request.days - 1}):
        middle = np.median(biomarker[:, k])
        low, high = np.quantile(biomarker[:, k], [0.05, 0.95])
        table.add_row(
            str(days[k]), f"{middle:.3f}" + (f" (90%: {low:.2f} to {high:.2f})" if len(p) > 1 else "")
        )
    say(table)
    say(shown, markup=False, soft_wrap=True)
    if output.folder is not None:
        from pmrl.experiments.figures_simulation import simulation_figure

        output.save_figure(
            "course", simulation_figure(np.array(days), biomarker, chosen, dose, patient_model.name)
        )
    if request.form == "nonmem" and output.folder is not None:
        courses = Courses(people.ids, doses, values, people.covariates, people.genotypes)
        write_nonmem(output.folder / "courses.csv", courses, patient_model.doses_per_day)
    output.finish(result)


def _shown(request: SimulationRequest, people: Cohort, seed: int) -> str:
    """Who is shown, in words: typical or random patients, and what their genes count as."""
    if request.typical:
        who = "the typical patient, without random effects"
    elif request.patients == 1:
        who = f"one random patient of this description (seed {seed}; --typical shows the typical one)"
    else:
        who = f"{request.patients} random patients of this description (seed {seed}), median and 90% of them"
    genes = [
        f"{gene} {find_gene(gene).label(codes[0])}"
        for gene, codes in people.genotypes.items()
        if codes[0, 0] >= 0
    ]
    missing = [gene for gene, codes in people.genotypes.items() if codes[0, 0] < 0]
    if missing:
        genes.append(f"{', '.join(missing)} not given: average of {request.ancestry} ancestry")
    return "; ".join([f"Shown: {who}", *genes])


def _people(request: SimulationRequest, patient_model: PatientModel, seed: int) -> Cohort:
    """The described patient, as often as wished."""
    from pmrl.typical import typical_patient

    one = typical_patient(
        parse_genotype(request.genotype),
        ancestry=request.ancestry,
        seed=seed,
        population=None if request.drug == "warfarin" else patient_model.cohorts,
        **request.covariates,
    )
    return replace(one.take(np.zeros(request.patients, dtype=np.int64)), ids=np.arange(request.patients))
