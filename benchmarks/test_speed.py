"""Ratios within one run: the kernel against scipy, a batch against a single patient, rules over patients.

Nothing here asserts a time; accuracy is asserted in `tests/`.
"""

import numpy as np
import pytest

from pmrl.agents.registry import policy
from pmrl.envs.dosing import DosingVectorEnv
from pmrl.envs.registry import therapy
from pmrl.envs.scenario import Scenario
from pmrl.experiments.rollout import rollout
from pmrl.models.registry import MODELS, model
from pmrl.solve import course, reference_course
from pmrl.typical import typical_patient

GENOTYPE = {"CYP2C9": "*1/*3", "VKORC1": "G/A", "CYP4F2": "C/C"}


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("patients", [1, 1024])
def test_kernel(benchmark, name, patients):
    chosen = model(name)
    p = np.repeat(chosen.patients(typical_patient(GENOTYPE), typical=True), patients, axis=0)
    doses = np.full((patients, 90), 5.0)
    benchmark.group = "patient courses of 90 days"
    benchmark.extra_info["patient_days"] = patients * 90
    benchmark(course, chosen, p, doses)


def test_scipy(benchmark):
    chosen = model("hamberg-2010")
    p = chosen.patients(typical_patient(GENOTYPE), typical=True)[0]
    benchmark.group = "patient courses of 90 days"
    benchmark.extra_info["patient_days"] = 90
    benchmark.pedantic(reference_course, (chosen, p, np.full(90, 5.0), 1e-9), rounds=2)


@pytest.mark.parametrize("rows", [1, 64, 1024])
def test_environment(benchmark, rows):
    env = DosingVectorEnv(rows, therapy="warfarin", actions="discrete")
    env.reset(seed=0)
    actions = env.action_space.sample()
    benchmark.group = "one visit of every row"
    benchmark.extra_info["visits"] = rows
    benchmark(env.step, actions)


@pytest.mark.parametrize("patients", [1024, 8192])
def test_rule(benchmark, patients):
    chosen = therapy("warfarin")
    benchmark.group = "a rule over 90 days"
    benchmark.extra_info["patients"] = patients
    benchmark.pedantic(rollout, (policy("aurora", chosen), chosen, Scenario(), patients, 1), rounds=3)
