"""Genotypes dealt out among the patients: of no consequence where no gene matters, of some where one does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pmrl.agents.catalogue import resolve
from pmrl.agents.policy import Kind, Policy
from pmrl.envs.registry import therapy
from pmrl.envs.scenario import Scenario
from pmrl.envs.visit import Prescription, Visit
from pmrl.experiments.rollout import outcomes, rollout
from pmrl.experiments.statistics import Bootstrap, Estimate

N, SEED = 600, 1


class Shuffled:
    """A policy that is shown everybody's neighbour's genes in place of their own."""

    def __init__(self, policy: Policy) -> None:
        self._policy, self.name = policy, f"{policy.name}-shuffled"
        self.kind: Kind = policy.kind

    def _misled(self, visit: Visit) -> Visit:
        return replace(
            visit, genotypes={gene: np.roll(codes, 1, axis=0) for gene, codes in visit.genotypes.items()}
        )

    def start(self, visit: Visit) -> None:
        self._policy.start(self._misled(visit))

    def prescribe(self, visit: Visit) -> Prescription:
        return self._policy.prescribe(self._misled(visit))


def gain(drug: str, name: str) -> Estimate:
    """Time in range with one's own genes less that with another's, paired, with 95% interval."""
    one = therapy(drug)
    own, other = (
        outcomes(rollout(policy, one, Scenario(cohort="test"), N, SEED), one)["ttr"]
        for policy in (resolve(name, one), Shuffled(resolve(name, one)))
    )
    return Bootstrap(N, SEED).difference(own, other)


@pytest.mark.parametrize("name", ["ppo", "standard+steps", "pid", "curate"])
def test_the_negative_control_gains_nothing(name: str) -> None:
    found = gain("empagliflozin", name)
    assert found.low <= 0.0 <= found.high
    assert max(-found.low, found.high) < 0.002


@pytest.mark.parametrize(("drug", "name"), [("warfarin", "ppo"), ("phenytoin", "cpic"), ("efavirenz", "ppo")])
def test_where_a_gene_matters_the_same_look_sees_it(drug: str, name: str) -> None:
    assert gain(drug, name).low > 0.0
