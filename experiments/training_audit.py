"""What a policy that was trained on real patients gives away of them, said where the training ends.

`pmrl audit` compares with patients who were held out. A training knows only its own: it says how many of
their genotypes its first prescriptions reveal beyond what demographics do, and keeps that with the policy.
"""

from __future__ import annotations

from typing import Any

from pmrl.agents.policy import Policy
from pmrl.cohort import Cohort
from pmrl.envs.scenario import Scenario
from pmrl.envs.therapy import Therapy
from pmrl.errors import InputError
from pmrl.experiments.disclosure import is_private
from pmrl.experiments.inversion import ALL_GENES, attack
from pmrl.experiments.suspects import suspects

MOST_AUDITED = 1000
"""Training patients whose genotypes are guessed."""
_PUBLISHED = ("accuracy_without", "accuracy", "gain")


def training_audit(policy: Policy, therapy: Therapy, scenario: Scenario, seed: int) -> dict[str, Any] | None:
    """How well the first prescriptions reveal genotypes of the training patients; see `inversion.attack`.

    Args:
        policy: that was trained.
        therapy: what it treats.
        scenario: of the training.
        seed: of the patients, and of the intervals.

    Returns:
        `patients`, and `guessed`: gene -> shares of them that are guessed right without the policy
        (`accuracy_without`) and with it (`accuracy`), and the `gain`. None where the patients are nobody's or
        public, where fewer of them are typed than are published as a group, and where they were handed over
        in memory.
    """
    source = scenario.cohort
    if not is_private(scenario) or isinstance(source, Cohort):
        return None
    try:
        people = suspects(therapy, source, seed, MOST_AUDITED)
    except InputError:  # too few are typed
        return None
    found, _ = attack(policy, people, seed)
    guessed = {gene: {name: row[name] for name in _PUBLISHED} for gene, row in found.items()}
    return {"patients": len(people), "guessed": guessed}


def said(audit: dict[str, Any]) -> str:
    """An audit in one sentence."""
    row = audit["guessed"][ALL_GENES]
    without, with_policy = (100 * row[name]["mean"] for name in ("accuracy_without", "accuracy"))
    return (
        f"its first prescriptions, with demographics, reveal the genotype of {with_policy:.0f}% of "
        f"{audit['patients']} training patients, demographics alone that of {without:.0f}%; before you share "
        "it, compare with patients who were held out: `pmrl audit`"
    )
