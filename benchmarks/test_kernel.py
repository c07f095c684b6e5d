"""Patient-days a second: the kernels against scipy at equal error, batches, cores, the whole world."""

from __future__ import annotations

import numpy as np
import pytest
from ode_problems import PROBLEMS, problem_course
from scipy.integrate import solve_ivp
from worlds import world

from pmrl.adherence import IN_RANGE
from pmrl.cohort import Cohort
from pmrl.envs.registry import therapy
from pmrl.models.registry import MODELS, model
from pmrl.solve import biomarker_of, course, reference_course
from pmrl.typical import typical_patient

DAYS = 90
GENOTYPE = {"CYP2C9": "*1/*3", "VKORC1": "G/A", "CYP4F2": "C/C"}


def typical(name):
    return model(name).patients(typical_patient(GENOTYPE), typical=True)


def lsoda(m, p, doses, tolerance):
    """Biomarker after every day by scipy's LSODA on the compiled right-hand side."""
    y, values, hours = m.initial(p[None])[0], [], 24.0 / m.time_unit_hours
    dydt, target = np.empty(len(m.states)), m.states.index(m.dose_state)

    def rhs(t, state):
        m.rhs(t, state, p, dydt)
        return dydt

    for dose in doses:
        y = y.copy()
        y[target] += m.intake(float(dose), p)
        y = solve_ivp(rhs, (0.0, hours), y, method="LSODA", rtol=tolerance, atol=tolerance).y[:, -1].copy()
        values.append(biomarker_of(m, p, y))
    return np.array(values)


def error(values, expected):
    return float(np.abs(values / expected - 1.0).max())


@pytest.fixture(scope="module")
def equal_error():
    """The loosest tolerance at which LSODA is as exact as the kernel, or the tightest that it takes."""
    found = {}
    for name in MODELS:
        m, p, doses = model(name), typical(name), np.full(6, 5.0)
        expected = reference_course(m, p[0], doses)[0][1:]
        ours = error(course(m, p, doses[None])[0][0, 1:], expected)
        for tolerance in 10.0 ** -np.arange(5.0, 14.0):
            theirs = error(lsoda(m, p[0], doses, tolerance), expected)
            if theirs <= ours:
                break
        found[name] = tolerance, f"{ours:.0e}", f"{theirs:.0e}"
    return found


@pytest.mark.parametrize("name", MODELS)
def test_scipy_lsoda(benchmark, name, equal_error):
    benchmark.group = f"{name}: one patient by LSODA, then batches by the kernel, at equal error"
    tolerance, _, theirs = equal_error[name]
    benchmark.extra_info.update(amount=DAYS, unit="patient-days", error=theirs)
    args = (model(name), typical(name)[0], np.full(DAYS, 5.0), tolerance)
    benchmark.pedantic(lsoda, args, rounds=2)


@pytest.mark.parametrize("patients", [1, 64, 1024, 262_144])
@pytest.mark.parametrize("name", MODELS)
def test_kernel(benchmark, name, patients, equal_error):
    if patients > 1024 and name not in TIMED_LARGE:
        pytest.skip("memory-bound alike for every model")
    benchmark.group = f"{name}: one patient by LSODA, then batches by the kernel, at equal error"
    benchmark.extra_info.update(amount=patients * DAYS, unit="patient-days", error=equal_error[name][1])
    args = (model(name), np.repeat(typical(name), patients, axis=0), np.full((patients, DAYS), 5.0))
    benchmark.pedantic(course, args, rounds=2 if patients > 1024 else 20, warmup_rounds=1)


TIMED_LARGE = ("hamberg-2010", "hamberg-2007")


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.name)
def test_any_drug(benchmark, problem):
    benchmark.group = "the general kernel on structures of other drugs, 1,024 patients, one core"
    benchmark.extra_info.update(amount=1024 * DAYS, unit="patient-days")
    benchmark.pedantic(problem_course, (problem, 1024, DAYS), rounds=3, warmup_rounds=1)


@pytest.mark.parametrize("name", [name for name in MODELS if model(name).drug != "warfarin"])
def test_drug(benchmark, name):
    m, of = model(name), therapy(model(name).drug)
    p = m.patients(m.cohorts.maker("sampled", 1, None)(0, 1024))
    benchmark.group = (
        "the drugs' own models by the general kernel, 1,024 patients on the standard dose, one core"
    )
    benchmark.extra_info.update(amount=1024 * DAYS, unit="patient-days")
    args = (m, p, np.full((1024, DAYS), of.standard_dose))
    benchmark.pedantic(course, args, rounds=3, warmup_rounds=1)


@pytest.mark.parametrize("threads", [1, 2])
def test_cores(benchmark, threads):
    m = model("hamberg-2010")
    p = m.patients(Cohort.sample(16_384, seed=1))
    benchmark.group = "one core, then two: 16,384 different patients"
    benchmark.extra_info.update(amount=len(p) * DAYS, unit="patient-days")
    args = (m, p, np.full((len(p), DAYS), 5.0), None, threads)
    benchmark.pedantic(course, args, rounds=5, warmup_rounds=1)


@pytest.mark.parametrize("days", [90, 7])
def test_world(benchmark, days):
    n = 1024
    w = world(np.arange(n), n_days=DAYS, adherence=IN_RANGE, occasion_sd=0.15)
    start, doses, lived = w.states.copy(), np.full((n, 1), 5.0), np.full(n, days)

    def live():
        w.states[:], w.day[:] = start, 0
        for _ in range(DAYS // days):
            w.live(doses, lived)

    benchmark.group = "the whole world: adherence, weekly occasions; a quarter and a week at a time"
    benchmark.extra_info.update(amount=n * (DAYS // days) * days, unit="patient-days")
    benchmark.pedantic(live, rounds=10, warmup_rounds=1)
