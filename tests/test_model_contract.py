"""What every patient model must do, whichever it is: a new line in the registry is tested by being there."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from model_cases import CYP2C9_DIPLOTYPES, VKORC1_DIPLOTYPES, Case, cases, each_case

from pmrl import iwpc
from pmrl.cohort import Cohort
from pmrl.errors import InputError
from pmrl.genetics import ANCESTRIES
from pmrl.model import net_intake
from pmrl.models.registry import MODELS, model
from pmrl.parameter import Parameter
from pmrl.randomness import Stream, normals
from pmrl.solve import course

COHORTS = {"iwpc": iwpc.cohort("train", 2000, seed=5), "sampled": Cohort.sample(2000, seed=5)}


@each_case
@pytest.mark.parametrize("cohort", COHORTS.values(), ids=COHORTS)
def test_parameters_of_shipped_patients_are_finite_and_positive(case: Case, cohort: Cohort) -> None:
    p = case.model.patients(cohort, case.numbers)
    assert p.shape == (2000, len(case.model.parameters))
    assert p.dtype == np.float64
    assert p.flags["C_CONTIGUOUS"], "kernels take contiguous rows"
    bad = [case.model.parameters[i] for i in np.flatnonzero(~(np.isfinite(p) & (p > 0)).all(axis=0))]
    assert bad == []
    assert case.model.initial(p).shape == (2000, len(case.model.states))


@each_case
@pytest.mark.parametrize("cohort", COHORTS.values(), ids=COHORTS)
def test_a_patient_has_the_same_parameters_in_any_company(case: Case, cohort: Cohort) -> None:
    together = case.model.patients(cohort, case.numbers)
    some = np.array([1999, 3, 700])
    np.testing.assert_array_equal(case.model.patients(cohort.take(some), case.numbers), together[some])


@each_case
def test_every_number_says_where_it_is_from(case: Case) -> None:
    numbers = case.model.numbers(case.numbers)
    for field in fields(numbers):
        number = getattr(numbers, field.name)
        assert isinstance(number, Parameter), field.name
        assert np.isfinite(float(number)), field.name
        assert len(number.source.split()) >= 2, f"{field.name}: '{number.source}' does not say where"


@pytest.mark.parametrize("name", MODELS)
def test_the_contract_is_filled_in(name: str) -> None:
    m = model(name)
    assert m.name == name
    assert all((m.drug, m.citation, m.population, m.biomarker_name, m.anchors))
    assert m.time_unit_hours > 0
    for names in (m.states, m.parameters, m.random_effects):
        assert len(set(names)) == len(names)
    assert m.default_set in m.parameter_sets


def test_a_model_that_names_what_it_lacks_is_refused() -> None:
    m = model(next(iter(MODELS)))
    with pytest.raises(InputError, match="clearance"):
        replace(m, clearance="nothing")
    with pytest.raises(InputError, match="parameter set"):
        m.numbers("nothing")
    with pytest.raises(InputError, match="unknown model"):
        model("nothing")


@each_case
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_states_stay_finite_and_non_negative_at_the_extremes(case: Case, data: st.DataObject) -> None:
    p = case.typical(
        data.draw(st.sampled_from(CYP2C9_DIPLOTYPES)),
        data.draw(st.sampled_from(VKORC1_DIPLOTYPES)),
        data.draw(st.sampled_from(ANCESTRIES)),
        age=data.draw(st.floats(18, 100)),
        weight_kg=data.draw(st.floats(30, 200)),
        height_cm=data.draw(st.floats(130, 210)),
        amiodarone=data.draw(st.sampled_from([0.0, 1.0])),
        enzyme_inducer=data.draw(st.sampled_from([0.0, 1.0])),
    )
    doses = np.array([data.draw(st.lists(st.floats(0, 50), min_size=20, max_size=20))])
    values, states = course(case.model, p, doses)
    assert np.isfinite(p).all()
    assert (p > 0).all()
    assert np.isfinite(values).all()
    assert np.isfinite(states).all()
    # Chains are moved as 1 - deficit, so zero can be missed by rounding, not by more.
    assert states.min() >= -1e-12
    assert values.min() >= values[0, 0] - 1e-12, "the drug never takes the biomarker below baseline"


@each_case
def test_without_drug_the_biomarker_stays_at_baseline(case: Case) -> None:
    p = case.model.patients(COHORTS["sampled"].take(np.arange(200)), case.numbers)
    values, states = course(case.model, p, np.zeros((200, 30)))
    np.testing.assert_array_equal(values, np.repeat(values[:, :1], 31, axis=1))
    np.testing.assert_array_equal(states, case.model.initial(p))


@each_case
def test_every_patient_responds_to_a_dose(case: Case) -> None:
    p = case.model.patients(COHORTS["iwpc"].take(np.arange(300)), case.numbers)
    response = case.biomarker_after(p, 10.0, 21) - case.biomarker_after(p, 0.0, 21)
    assert response.min() > 1e-3
    # Even with the slowest chains, three weeks of twice the standard dose is no small matter for most.
    assert np.median(response) > 0.5


@each_case
def test_more_drug_is_more_effect(case: Case) -> None:
    p = case.model.patients(COHORTS["iwpc"].take(np.arange(100)), case.numbers)
    by_dose = np.stack([case.biomarker_after(p, dose, 14) for dose in (0, 1, 2.5, 5, 10, 20, 50)])
    assert (np.diff(by_dose, axis=0) > 0).all()


@each_case
def test_more_vkorc1_a_alleles_are_more_effect(case: Case) -> None:
    effect = [case.biomarker_after(case.typical(vkorc1=v), 5.0, 14)[0] for v in VKORC1_DIPLOTYPES]
    dose = [case.model.maintenance_dose(case.typical(vkorc1=v), 2.5)[0] for v in VKORC1_DIPLOTYPES]
    # Weakly between neighbours: Ohara 2014 knows carriers only.
    assert effect[0] <= effect[1] <= effect[2]
    assert effect[0] < effect[2]
    assert dose[0] >= dose[1] >= dose[2]
    assert dose[0] > dose[2]


@each_case
@pytest.mark.parametrize("allele", ["*2", "*3"])
def test_more_cyp2c9_variants_are_more_effect(case: Case, allele: str) -> None:
    ladder = ["*1/*1", f"*1/{allele}", f"{allele}/{allele}"]
    effect = [case.biomarker_after(case.typical(cyp), 5.0, 14)[0] for cyp in ladder]
    assert effect[0] <= effect[1] <= effect[2]
    if case.model.name != "ohara-2014" or allele == "*3":  # Ohara 2014 has no term for *2
        assert effect[0] < effect[2]


@each_case
def test_poorer_metabolisers_need_less(case: Case) -> None:
    order = ["*1/*1", "*1/*2", "*1/*3", "*2/*2", "*2/*3", "*3/*3"]
    if case.model.name == "hamberg-2007":
        order.remove("*2/*2")  # its table has *2/*2 below *2/*3, from very few patients
    if case.model.name == "ohara-2014":
        order = ["*1/*1", "*1/*3"]  # knows carriers of *3 only
    need = np.array([case.model.maintenance_dose(case.typical(cyp), 2.5)[0] for cyp in order])
    assert (np.diff(need) < 0).all()
    rare = [case.model.maintenance_dose(case.typical(f"*1/{a}"), 2.5)[0] for a in ("*5", "*6", "*8", "*11")]
    assert max(rare) < need[0]


@each_case
def test_effect_rises_with_age(case: Case) -> None:
    effect = [case.biomarker_after(case.typical(age=age), 5.0, 14)[0] for age in (20, 40, 60, 80, 100)]
    if case.model.name == "ohara-2014":
        assert len(set(effect)) == 1, "Ohara 2014 found no effect of age"
    else:
        assert (np.diff(effect) > 0).all()


@each_case
def test_prescribed_dose_counts_the_missed_doses(case: Case) -> None:
    p = case.typical()
    taken = case.model.maintenance_dose(p, 2.5)
    share = net_intake(case.model.numbers(case.numbers))
    assert 0.5 < share <= 1.0
    np.testing.assert_allclose(case.model.prescribed_dose(p, 2.5, case.numbers) * share, taken, rtol=1e-12)


EFFECTS = [(case, effect) for case in cases() for effect in case.model.random_effects]


@pytest.mark.parametrize(("case", "effect"), EFFECTS, ids=[f"{c.name}-{e}" for c, e in EFFECTS])
def test_random_effects_are_recovered_from_10_000_patients(case: Case, effect: str) -> None:
    cohort, m, numbers = Cohort.sample(10_000, seed=11), case.model, case.model.numbers(case.numbers)
    eta = normals(cohort.seed, cohort.ids, Stream.PARAMETER, len(m.random_effects))
    np.testing.assert_array_equal(m.patients(cohort, case.numbers), m.individual(numbers, cohort, eta))
    # One effect at a time, because one effect may act on another's parameter (Ohara's baseline on lambda).
    alone = np.zeros_like(eta)
    column = m.random_effects.index(effect)
    alone[:, column] = eta[:, column]
    change = m.individual(numbers, cohort, alone) / m.patients(cohort, case.numbers, typical=True)
    moved = change[:, np.ptp(change, axis=0) > 0]
    omega = getattr(numbers, f"omega_{effect}", None)
    if omega is None:  # a normal, not a log-normal effect
        spread, want = change[:, m.column(effect)], getattr(numbers, f"{effect}_sd")
        want = float(want) / float(getattr(numbers, effect))
        spread = spread[:, None]
    else:
        spread, want = np.log(moved), float(omega)
    assert spread.shape[1] == 1, f"{effect} moves {spread.shape[1]} parameters"
    standard_error = want / np.sqrt(2.0 * len(cohort))
    assert spread.std() == pytest.approx(want, abs=3.0 * standard_error)
    assert spread.mean() == pytest.approx(float(omega is None), abs=3.0 * want / np.sqrt(len(cohort)))
