"""Nobody sees what is hidden: true parameters, what was taken, unrecorded genes, visits to be missed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pmrl.cohort import Cohort
from pmrl.envs.dosing import DosingVectorEnv
from pmrl.envs.registry import therapy
from pmrl.genetics import GENES

SEED = 21


def test_hidden_things_do_not_show() -> None:
    env = DosingVectorEnv(4, therapy="warfarin", actions="discrete")
    env.reset(seed=SEED)
    env.step(np.full(4, 10))
    seen = env.observation.of_visit(env.clinic.visit(), env.get_state()["static"], env.clinic.dose_estimate)
    world = env.clinic.world
    for hidden in (world.parameters, world.states, world.shares, world.latent, world.taken):
        hidden[:] = 0.5
    state = env.get_state()
    other = DosingVectorEnv(4, therapy="warfarin", actions="discrete")
    other.reset(seed=SEED + 1)
    other.set_state(state)
    same, _ = other.reset(options={"rows": []})
    np.testing.assert_array_equal(seen, same)


def test_a_visit_that_will_be_missed_is_not_announced() -> None:
    options = {"therapy": "warfarin", "actions": "discrete"}
    missing, coming = DosingVectorEnv(40, missed_visits=0.5, **options), DosingVectorEnv(40, **options)
    column = missing.feature_names.index("next_interval")
    a, b = missing.reset(seed=SEED)[0], coming.reset(seed=SEED)[0]
    np.testing.assert_array_equal(a[:, column], b[:, column])
    missing.step(np.full(40, 10))
    schedule = therapy("warfarin").schedule
    visit = missing.clinic.visit()
    assert len(set(visit.day.tolist())) > 1
    assert visit.interval_days.tolist() == [schedule.next_day(day) - day for day in visit.day.tolist()]


def test_unknown_genotypes_are_zeros() -> None:
    known = DosingVectorEnv(50, therapy="warfarin")
    hidden = DosingVectorEnv(50, therapy="warfarin", genotype="unknown")
    names = known.feature_names
    genes = [k for k, name in enumerate(names) if name.split("_")[0].split()[0] in ("CYP2C9", "VKORC1")]
    a, b = known.reset(seed=SEED)[0], hidden.reset(seed=SEED)[0]
    assert len(genes) == 5
    assert (b[:, genes] == 0).all()
    assert (a[:, genes].max(axis=0) > 0).all()
    others = [k for k in range(len(names)) if k not in genes and names[k] != "dose_estimate"]
    np.testing.assert_array_equal(a[:, others], b[:, others])
    np.testing.assert_array_equal(known.clinic.world.parameters, hidden.clinic.world.parameters)


def test_the_first_visit_shows_only_what_is_recorded() -> None:
    cohort = Cohort.sample(40, seed=SEED)
    other_genes = {
        gene: np.sort((codes + 1) % len(GENES[gene].alleles), axis=1)
        for gene, codes in cohort.genotypes.items()
    }
    aged = {**cohort.covariates, "age": 120.0 - cohort.covariates["age"]}
    other = replace(cohort, genotypes=other_genes, covariates=aged)
    a, b = (DosingVectorEnv(40, therapy="warfarin", cohort=given) for given in (cohort, other))
    recorded = [k for k, name in enumerate(a.feature_names) if not name.startswith("lab_")]
    np.testing.assert_array_equal(a.reset(seed=0)[0][:, recorded], b.reset(seed=0)[0][:, recorded])
    assert not np.array_equal(a.clinic.world.parameters, b.clinic.world.parameters)


def test_the_dose_estimate_is_made_of_what_the_visit_shows() -> None:
    for genotype in ("known", "unknown"):
        env = DosingVectorEnv(60, therapy="warfarin", genotype=genotype)
        observation, _ = env.reset(seed=SEED)
        visit = env.clinic.visit()
        expected = therapy("warfarin").dose_estimate(visit.covariates, visit.genotypes)
        shown = observation[:, env.feature_names.index("dose_estimate")]
        np.testing.assert_allclose(shown, expected, rtol=1e-6)


def test_a_policy_cannot_change_what_is_on_record() -> None:
    env = DosingVectorEnv(4, therapy="warfarin", actions="discrete")
    env.reset(seed=SEED)
    visit = env.clinic.visit()
    shown = [*vars(visit.history).values(), *visit.covariates.values(), *visit.genotypes.values()]
    for values in shown:
        with pytest.raises(ValueError, match="read-only"):
            values[:] = 0
    visit.day[:] = 5
    assert (env.clinic.world.day == 0).all()
