"""What a policy does at a visit: change of dose by biomarker, current dose and genotype, as heat maps.

The patients are made up: 65 years, 75 kg, 170 cm, no interacting drug, at the visit of day 42. At that
visit and all those before it, the lab result was the same, on the same dose. So a map shows how a policy
answers a steady state. A rule that counts visits in a zone sees the first one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.colors import BoundaryNorm
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from pmrl.agents.policy import Policy
from pmrl.covariates import COVARIATES
from pmrl.envs.therapy import Therapy
from pmrl.envs.visit import History, Visit
from pmrl.experiments.figure_style import GREEN, blank
from pmrl.genetics import GENES

Floats = NDArray[np.float64]
DAY = 42
_WARFARIN_PATIENT: Mapping[str, float] = {
    **dict.fromkeys(COVARIATES, 0.0),
    "age": 65.0,
    "weight_kg": 75.0,
    "height_cm": 170.0,
    "female": np.nan,
}
"""Takes no interacting drug; sex is not recorded."""
WARFARIN_GENOTYPES: Sequence[Mapping[str, str]] = (
    {"CYP2C9": "*1/*1", "VKORC1": "G/G"},
    {"CYP2C9": "*1/*1", "VKORC1": "G/A"},
    {"CYP2C9": "*1/*1", "VKORC1": "A/A"},
    {"CYP2C9": "*1/*3", "VKORC1": "A/A"},
)
"""From the least to the most sensitive."""
EDGES = (-100.0, -50.0, -25.0, -10.0, -1.0, 1.0, 10.0, 25.0, 50.0, 100.0)
"""Classes of change, %: rules change the dose by a tenth, learned policies sometimes by half."""


@dataclass(frozen=True)
class DoseChanges:
    """`change[i, j]`: relative change of the mean daily dose at `doses[i]` and `labs[j]`."""

    labs: Floats
    doses: Floats
    change: Floats


def made_up_patient(therapy: Therapy) -> Mapping[str, float]:
    """Covariates of whom the maps are drawn for: typical ones."""
    if therapy.drug == "warfarin":
        return _WARFARIN_PATIENT
    return {one.name: float(one.typical) for one in therapy.population.covariates}


def described(therapy: Therapy) -> str:
    """The made-up patient in words, such as "age 65 years, weight 75 kg"; flags are left out."""
    patient = made_up_patient(therapy)
    shown = [one for one in therapy.population.covariates if one.unit != "0/1" and one.name in patient]
    return ", ".join(f"{one.name.split('_')[0]} {patient[one.name]:g} {one.unit}" for one in shown)


def default_genotypes(therapy: Therapy) -> Sequence[Mapping[str, str]]:
    """Genotypes to show: for warfarin four of rising sensitivity, else the reference and its variants.

    A variant has two copies of an allele that the therapy looks for, gene by gene.
    """
    if therapy.drug == "warfarin":
        return WARFARIN_GENOTYPES
    looked_for: dict[str, int] = {}
    for gene, allele in therapy.genes:
        looked_for.setdefault(gene, GENES[gene].index(allele))
    reference = {gene: GENES[gene].label((0, 0)) for gene in looked_for}
    changed = [{**reference, gene: GENES[gene].label((code, code))} for gene, code in looked_for.items()]
    return (reference, *changed)


def steady_visit(therapy: Therapy, genotype: Mapping[str, str], labs: Floats, doses: Floats) -> Visit:
    """A visit of made-up patients, one for each of `labs` and `doses` `(n,)`; see the module.

    Raises:
        InputError: no such gene or diplotype.
    """
    n = labs.size
    days = [0]
    while days[-1] < DAY:
        days.append(therapy.schedule.next_day(days[-1]))
    today, following = days[-1], therapy.schedule.next_day(days[-1])
    count = len(days)
    earlier = np.where(np.arange(count) < count - 1, 1.0, np.nan)
    daily = np.full((n, max(following, therapy.horizon_days)), np.nan)
    daily[:, :today] = doses[:, None]
    history = History(
        day=np.tile(np.array(days, dtype=np.float64), (n, 1)),
        lab=np.tile(labs[:, None], (1, count)),
        dose=doses[:, None] * earlier,
        interval=np.append(np.diff(days), np.nan) * np.ones((n, 1)),
        count=np.full(n, count, dtype=np.int64),
        daily_dose=daily,
    )
    codes = {
        gene: np.tile(GENES[gene].parse_all([genotype.get(gene, "")]), (n, 1))
        for gene in (*therapy.population.genes, *genotype)
    }
    known = {name: np.full(n, value) for name, value in made_up_patient(therapy).items()}
    return Visit(
        therapy=therapy,
        ids=np.arange(n, dtype=np.int64),
        day=np.full(n, today, dtype=np.int64),
        interval_days=np.full(n, following - today, dtype=np.int64),
        covariates=known,
        genotypes=codes,
        history=history,
    )


def dose_changes(policy: Policy, therapy: Therapy, genotype: Mapping[str, str]) -> DoseChanges:
    """How a policy changes the dose, as dispensed, on average over the days to the next visit."""
    levels = therapy.grid.levels
    highest = 2.0 * therapy.standard_dose
    doses = levels[(levels > 0.0) & (levels <= highest)]
    low, high = therapy.target_low, therapy.target_high
    # Where the range has no lower end, what matters is above it.
    first, last = (0.5 * low, low + high) if low > 0.0 else (0.5 * high, 2.0 * high)
    labs = np.linspace(first, last, 41)
    dose, lab = (values.ravel() for values in np.meshgrid(doses, labs, indexing="ij"))
    visit = steady_visit(therapy, genotype, lab, dose)
    policy.start(visit)
    given = therapy.dispense(policy.prescribe(visit).doses[:, :, 0])
    days = np.arange(int(visit.interval_days[0]))
    mean = given[:, np.minimum(days, given.shape[1] - 1)].mean(axis=1)
    return DoseChanges(labs, doses, (mean / dose - 1.0).reshape(doses.size, labs.size))


def dose_heat_maps(
    policies: Sequence[Policy], therapy: Therapy, genotypes: Sequence[Mapping[str, str]] | None = None
) -> Figure:
    """Heat maps of `dose_changes`: a row for each policy, a column for each genotype."""
    genotypes = default_genotypes(therapy) if genotypes is None else genotypes
    figure = blank(height=0.9 + 2.55 * len(policies))
    panels = np.asarray(
        figure.subplots(len(policies), len(genotypes), sharex=True, sharey=True, squeeze=False)
    )
    for policy, row in zip(policies, panels, strict=True):
        for genotype, axes in zip(genotypes, row, strict=True):
            picture = _draw(axes, dose_changes(policy, therapy, genotype), therapy)
    for genotype, axes in zip(genotypes, panels[0], strict=True):
        axes.set_title("\n".join(f"{gene} {value}" for gene, value in genotype.items()), fontsize=10)
    unit = f" ({therapy.biomarker_unit})" if therapy.biomarker_unit else ""
    for axes in panels[-1]:
        axes.set_xlabel(f"{therapy.biomarker}{unit}")
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    for policy, axes in zip(policies, panels[:, 0], strict=True):
        axes.set_ylabel(f"{policy.name}\ncurrent dose ({therapy.grid.unit})")
    bar = figure.colorbar(picture, ax=panels, label="change of dose (%)", shrink=0.8, ticks=EDGES)
    bar.ax.set_yticklabels([*(f"{edge:+g}" for edge in EDGES[:-1]), "≥ +100"])
    return figure


def _draw(axes: Axes, found: DoseChanges, therapy: Therapy) -> QuadMesh:
    # The classes are closed below and open above, so a doubled dose must stay just under the last edge.
    change = np.clip(100.0 * found.change, EDGES[0], EDGES[-1] - 1e-6)
    norm = BoundaryNorm(EDGES, ncolors=256)
    picture = axes.pcolormesh(found.labs, found.doses, change, cmap="RdBu_r", norm=norm, shading="nearest")
    unchanged = (np.abs(change) < EDGES[len(EDGES) // 2]).astype(np.float64)
    if 0.0 < unchanged.mean() < 1.0:
        axes.contour(found.labs, found.doses, unchanged, levels=[0.5], colors="black", linewidths=1.0)
    for edge in filter(None, (therapy.target_low, therapy.target_high)):
        axes.axvline(edge, color=GREEN, linestyle="--", linewidth=1.6)
    return picture
