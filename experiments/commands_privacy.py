"""The commands about privacy: privacy-check, audit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.table import Table

from pmrl.agents.catalogue import resolve_all
from pmrl.envs.registry import therapy
from pmrl.envs.scenario import NAMED_COHORTS
from pmrl.errors import InputError, unknown
from pmrl.experiments.disclosure import SMALLEST_CELL
from pmrl.experiments.output import Output, progress_bars
from pmrl.experiments.printing import say
from pmrl.experiments.privacy import check, read_recorded

MOST_SUSPECTS = 100_000


def run_privacy_check(
    cohort: Path, drug: str, threshold: int, seed: int, out: Path | None, json_file: Path | None
) -> None:
    """The smallest cells of a cohort, and what is left out of published tables."""
    output = Output("privacy-check", out, json_file, seed, [cohort])
    chosen = therapy(drug)
    found = check(read_recorded(cohort, chosen), chosen, threshold)
    table = Table(
        "genotype", "age", "sex", "patients", title=f"Smallest of {found['cells']} cells by what is known"
    )
    for cell in found["smallest"]:
        table.add_row(cell["genotype"], cell["decade"], cell["sex"], str(cell["patients"]))
    say(table)
    share = found["share_in_small_cells"]
    say(
        f"{found['patients']} patients, genes {', '.join(found['genes']) or 'none'}; "
        f"k-anonymity {found['k']}: "
        f"{'nobody is alone' if found['k'] > 1 else 'there are patients like whom there is no other'}\n"
        f"cells of fewer than {threshold} patients: {found['small_cells']} of {found['cells']}, with "
        f"{found['patients_in_small_cells']} patients{'' if share is None else f' ({share:.1%})'}"
    )
    for name, counts in found["published_tables"].items():
        say(
            f"published {name}: {counts['left_out']} of {counts['groups']} groups left out, with "
            f"{counts['patients_left_out']} patients"
        )
    say("k-anonymity is not differential privacy: see docs/privacy.md.")
    output.finish(found)


def run_audit(
    drug: str,
    policies: str,
    cohort: str,
    members: str,
    knows: str,
    patients: int,
    seed: int,
    out: Path | None,
    json_file: Path | None,
) -> None:
    """Guess genotypes from doses, of held-out and of training patients."""
    from pmrl.experiments.inversion import LIKELIHOODS, attack, membership_gap
    from pmrl.experiments.suspects import suspects

    if knows not in LIKELIHOODS:
        raise unknown("dose that the adversary knows", knows, LIKELIHOODS)
    fewest = int(SMALLEST_CELL.value)
    if not fewest <= patients <= MOST_SUSPECTS:
        raise InputError(f"patients {patients}: give {fewest} to {MOST_SUSPECTS}")
    output = Output("audit", out, json_file, seed, [cohort, members, *policies.split(",")])
    chosen = therapy(drug)
    for name in (cohort, members):
        if name not in NAMED_COHORTS and not Path(name).exists():
            raise unknown("cohort", name, NAMED_COHORTS, "Or give the path of a CSV file.")
    prescribers = resolve_all(policies, chosen)
    if oracles := [policy.name for policy in prescribers if policy.kind == "oracle"]:
        raise InputError(
            f"policies {', '.join(oracles)}: an oracle is told the patient and has no answer for another "
            "genotype; give rules, Bayesian or learned policies"
        )
    stable_only = knows == "stable-dose"
    people = {
        "held_out": suspects(chosen, cohort, seed, patients, stable_only),
        "members": suspects(chosen, members, seed, patients, stable_only),
    }
    found: dict[str, Any] = {}
    with progress_bars() as bars:
        task = bars.add_task("guessing genotypes", total=2 * len(prescribers))
        for policy in prescribers:
            row: dict[str, Any] = {"kind": policy.kind}
            gains = {}
            for name, group in people.items():
                row[name], gains[name] = attack(policy, group, seed, knows)
                bars.advance(task)
            row["membership_gap"] = membership_gap(gains["members"], gains["held_out"])
            found[policy.name] = row
    say(_audit_table(found, drug, knows, {name: len(group) for name, group in people.items()}))
    results = {
        "drug": drug,
        "knows": knows,
        "held_out": {"cohort": cohort, "patients": len(people["held_out"])},
        "members": {"cohort": members, "patients": len(people["members"])},
        "policies": found,
        "notice": "Research use only, never for patient care.",
    }
    output.finish(results)


def _audit_table(found: dict[str, Any], drug: str, knows: str, sizes: dict[str, int]) -> Table:
    table = Table(
        "policy", "gene", "guessed without", "with policy", "gain", "area gain", "members' gain - others'",
        title=f"{drug}: genotypes guessed from the {knows.replace('-', ' ')}, "
        f"% of {sizes['held_out']} held-out patients",
    )  # fmt: skip
    for name, row in found.items():
        for gene, numbers in row["held_out"].items():
            gap = row["membership_gap"].get(gene)
            table.add_row(
                name,
                gene,
                f"{100 * numbers['accuracy_without']['mean']:.1f}",
                f"{100 * numbers['accuracy']['mean']:.1f}",
                _percent(numbers["gain"]),
                _percent(numbers["area_gain"]),
                "-" if gap is None else _percent(gap),
            )
    table.caption = (
        f"95% intervals. Members: {sizes['members']} training patients. Area: under the ROC curve of "
        "carrying a variant allele."
    )
    return table


def _percent(estimate: dict[str, Any]) -> str:
    low, high = estimate["ci"]
    return f"{100 * estimate['mean']:+.1f} ({100 * low:.1f}, {100 * high:.1f})"
