"""A fair comparison: every policy treats the same patients, who live the same life but for the doses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pmrl.agents.policy import Policy
from pmrl.cohort import Cohort
from pmrl.envs.clinic import Clinic
from pmrl.envs.patients import PatientSource
from pmrl.envs.scenario import Scenario
from pmrl.envs.therapy import Therapy
from pmrl.errors import InputError
from pmrl.experiments import statistics
from pmrl.experiments.disclosure import Contributors, Disclosure, is_private
from pmrl.experiments.estimates import Estimates, MomentEstimates, PatientEstimates
from pmrl.experiments.execution import Execution, Stopped
from pmrl.experiments.kept_patients import KeptPatients
from pmrl.experiments.rollout import Course, treat
from pmrl.experiments.treatment import Treated, Way, copied, treat_cohort

Floats = NDArray[np.float64]
VALIDATION_SEED = 7_001
"""Cohort seed of the validation patients: rules, checkpoints and hyper-parameters are chosen on them."""
STRAW_MEN = ("random", "minimum", "maximum")
"""Never the best rule."""


@dataclass(frozen=True)
class Arm:
    """One policy's results, patient by patient, of the patients who are kept (see `Comparison`)."""

    policy: Policy
    outcomes: Mapping[str, Floats]
    seconds: float
    own_visits: Mapping[str, Floats] | None = None
    """Outcomes where the policy chooses its visits as its protocol says; None where it has no such wish."""


@dataclass(frozen=True)
class Comparison:
    """All arms on one cohort; `arms` in the order of the policies."""

    therapy: Therapy
    scenario: Scenario
    n: int
    """Patients compared: fewer than were asked for where the comparison was interrupted."""
    seed: int
    cohort: Cohort
    """The patients of whom every single result is kept: all, or the first `statistics.LARGE` of more."""
    arms: dict[str, Arm]
    best_rule: str | None
    moments: MomentEstimates
    """Of all patients."""
    validation: dict[str, float] = field(default_factory=dict)
    """Primary outcome of every rule on the validation patients, by which the best was chosen."""
    interrupted: bool = False
    disclosure: Disclosure = field(default_factory=Disclosure)
    """Of patients who may be real; see `private`."""

    @property
    def private(self) -> bool:
        """Whether the patients may be real and not public."""
        return is_private(self.scenario)

    @property
    def hides_patients(self) -> bool:
        """Whether nothing of a single patient may be shown."""
        return self.private and not self.disclosure.show_patients

    def patient_ids(self, first: int, n: int) -> NDArray[np.int64]:
        """The ids under which patients `first` to `first + n - 1` appear in results; see `Disclosure.ids`."""
        return self.disclosure.ids(self.scenario, first, n)

    def course(self, name: str, rows: Sequence[int]) -> Course:
        """What happened to some of the patients under a policy: they are treated once more."""
        ids = np.array(rows, dtype=np.int64)
        policy = copied(self.arms[name].policy, self.therapy)
        return treat(policy, Clinic(self.therapy, self.scenario, ids.size, self.seed), ids)

    @property
    def opponents(self) -> Mapping[str, Sequence[str]]:
        """With whom each policy is compared patient by patient; see `opponents`."""
        return opponents([arm.policy for arm in self.arms.values()], self.best_rule)

    @property
    def estimates(self) -> Estimates:
        """The numbers: by the bootstrap, or from moments where patients are too many or time is short."""
        if self.interrupted or self.n > len(self.cohort):
            return self.moments
        found = {Way(name): arm.outcomes for name, arm in self.arms.items()}
        found |= {Way(name, True): arm.own_visits for name, arm in self.arms.items() if arm.own_visits}
        return PatientEstimates(
            found, self.cohort, self.therapy, self.seed, self.moments.contributors,
            self.disclosure.smallest_cell,
        )  # fmt: skip


def ways_of(policies: Sequence[Policy], therapy: Therapy, scenario: Scenario, seed: int) -> dict[Way, Policy]:
    """Every policy on the scenario's visits, and those that wish so also on visits of their own."""
    ways = {}
    for policy in policies:
        ways[Way(policy.name)] = policy
        if _wishes_visits(policy, therapy, scenario, seed):
            ways[Way(policy.name, own_visits=True)] = policy
    return ways


def _wishes_visits(policy: Policy, therapy: Therapy, scenario: Scenario, seed: int) -> bool:
    """Whether a rule that does not choose its visits in this scenario would like to."""
    if policy.kind != "rule" or scenario.visits == "protocol":
        return False
    policy = copied(policy, therapy)
    clinic = Clinic(therapy, scenario.with_options(visits="protocol"), 1, seed)
    clinic.admit(np.zeros(1, dtype=np.int64))
    policy.start(clinic.visit())
    while not clinic.done.all():
        prescription = policy.prescribe(clinic.visit())
        if prescription.interval_days is not None:
            return True
        clinic.treat(clinic.dispense(prescription))
    return False


def opponents(policies: Sequence[Policy], best_rule: str | None) -> dict[str, list[str]]:
    """With whom each policy is compared patient by patient: the best rule; learned ones with Bayesian ones.

    Those are all Bayesian ones that take part: to pick the best of them would need patients of its own.
    """
    names = [policy.name for policy in policies]
    rule = [best_rule] if best_rule is not None and best_rule in names else []
    bayesian = [policy.name for policy in policies if policy.kind == "model-based"]
    # The best rule may be one of them, where somebody names it so.
    both = list(dict.fromkeys([*rule, *bayesian]))
    return {one.name: both if one.kind == "learned" else rule for one in policies}


def compare(
    policies: Sequence[Policy],
    therapy: Therapy,
    scenario: Scenario,
    n: int,
    seed: int,
    best_rule: str | None = None,
    validation: dict[str, float] | None = None,
    execution: Execution | None = None,
    on_patients: Callable[[Treated], None] = lambda treated: None,
    disclosure: Disclosure | None = None,
) -> Comparison:
    """Treat the same `n` patients of cohort `seed` with every policy.

    Where `execution.stop` is set, the comparison is of the patients who were finished by then.

    Args:
        policies: each chunk of patients is treated by a copy of its own, which `start` prepares.
        therapy: the therapy.
        scenario: what happens to the patients.
        n: number of patients.
        seed: their cohort seed.
        best_rule: the policy to which differences are taken.
        validation: time in range by rule, by which it was chosen.
        execution: threads, chunks, a way to stop.
        on_patients: called with the finished patients, in the order of their ids.
        disclosure: what of private patients may be shown; as little as possible by default.

    Raises:
        InputError: no policies, two of the same name, one that does not work, or fewer than two patients.
        Stopped: it was stopped before two patients were finished.
    """
    names = [policy.name for policy in policies]
    if not names or len(set(names)) < len(names):
        raise InputError(f"policies {', '.join(names) or '(none)'}: give at least one, each once")
    if n < 2:
        raise InputError(f"patients {n}: a comparison needs at least 2")
    ways = ways_of(policies, therapy, scenario, seed)
    disclosure = disclosure or Disclosure()
    contributors = Contributors(therapy, scenario, seed) if is_private(scenario) else None
    days = scenario.days or therapy.horizon_days
    against = opponents(policies, best_rule)
    pairs = [(Way(name), Way(other)) for name, others in against.items() for other in others]
    moments = MomentEstimates(therapy, days, pairs, contributors, disclosure.smallest_cell)
    kept = KeptPatients(min(n, statistics.LARGE))
    with closing(treat_cohort(ways, therapy, scenario, n, seed, execution or Execution())) as chunks:
        try:
            for treated in chunks:
                kept.add(treated)
                moments.add(treated)
                on_patients(treated)
        except Stopped:
            pass
    moments.finish()
    if moments.patients < 2:
        raise Stopped
    done, outcomes = moments.patients, kept.outcomes()
    arms = {
        name: Arm(policy, outcomes[way], kept.seconds[way], outcomes.get(Way(name, own_visits=True)))
        for name, policy, way in ((policy.name, policy, Way(policy.name)) for policy in policies)
    }
    cohort = _cohort(therapy, scenario, len(kept), seed)
    return Comparison(
        therapy,
        scenario,
        done,
        seed,
        cohort,
        arms,
        best_rule,
        moments,
        validation or {},
        done < n,
        disclosure,
    )


def _cohort(therapy: Therapy, scenario: Scenario, n: int, seed: int) -> Cohort:
    """Patients 0 to `n - 1`."""
    days = scenario.days or therapy.horizon_days
    patients, rows = PatientSource(therapy, scenario, seed, days, block=n, kept=1).get(np.arange(n))
    return patients.cohort.take(rows)


def choose_best_rule(
    rules: Sequence[Policy],
    therapy: Therapy,
    scenario: Scenario,
    n: int,
    seed: int,
    execution: Execution | None = None,
) -> tuple[str | None, dict[str, float]]:
    """The rule that does best by the therapy's primary outcome on validation patients, and every rule's.

    Args:
        rules: candidates; learned policies, oracles and straw men are passed over.
        therapy: the therapy.
        scenario: as tested; a named part of the shipped patients is replaced by the validation part.
        n: number of validation patients.
        seed: their cohort seed, which must differ from the test cohort's.
        execution: threads, chunks, a way to stop.

    Raises:
        Stopped: it was stopped.
    """
    if scenario.cohort in ("train", "test"):
        scenario = scenario.with_options(cohort="validation")
    ways = {Way(rule.name): rule for rule in rules if rule.kind == "rule" and rule.name not in STRAW_MEN}
    if not ways:
        return None, {}
    chunks = treat_cohort(ways, therapy, scenario, n, seed, execution or Execution())
    everybody = Treated.join(list(chunks))
    scores = {way.policy: float(found[therapy.primary].mean()) for way, found in everybody.outcomes.items()}
    return max(scores, key=lambda name: scores[name]), scores
