"""Every rule by name, and how a name becomes a policy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from pmrl.agents import (
    allopurinol,
    atorvastatin,
    diabetes,
    efavirenz,
    fixed,
    mercaptopurine,
    phenytoin,
    tacrolimus,
)
from pmrl.agents.bayes import MODEL_BASED, OF_THE_BIOMARKER
from pmrl.agents.clairvoyant import Clairvoyant
from pmrl.agents.composed import Sequence
from pmrl.agents.oracle import ParameterOracle, StateOracle
from pmrl.agents.policy import Policy
from pmrl.agents.stage import Start
from pmrl.agents.tunable import TUNABLE, tuned_or_default
from pmrl.agents.warfarin import ARMS, compose
from pmrl.envs.therapy import Therapy
from pmrl.errors import unknown

Factory = Callable[[Therapy], Policy]
"""Makes a policy for a therapy."""


def _kept(name: str, start: Start, therapy: Therapy) -> Policy:
    return Sequence(name, start)


def _arm(name: str, therapy: Therapy) -> Policy:
    composition, note = ARMS[name]
    return compose(composition, name, note)


_ANY_DRUG: Mapping[str, Factory] = {
    name: partial(_kept, name, Start(dose, what))
    for name, dose, what in (
        ("random", fixed.random, "a dose of the grid drawn anew at every visit"),
        ("minimum", fixed.minimum, "the lowest dose of the grid"),
        ("maximum", fixed.maximum, "the highest dose of the grid"),
        ("fixed", fixed.standard, "the therapy's standard dose"),
    )
}
_FEEDBACK = ("pid", "curate")
"""For any drug: by nothing but the patient's own labs."""
_TUNABLE: Mapping[str, Factory] = {name: partial(tuned_or_default, name) for name in TUNABLE}
_ORACLES: Mapping[str, Factory] = {"o1": ParameterOracle, "o2": StateOracle, "o3": Clairvoyant}
_BY_DRUG: Mapping[str, Mapping[str, Factory]] = {
    "warfarin": {name: partial(_arm, name) for name in ARMS},
    "phenytoin": phenytoin.RULES,
    "sipoglitazar": diabetes.SIPOGLITAZAR_RULES,
    "empagliflozin": diabetes.EMPAGLIFLOZIN_RULES,
    "mercaptopurine": mercaptopurine.RULES,
    "tacrolimus": tacrolimus.RULES,
    "allopurinol": allopurinol.RULES,
    "atorvastatin": atorvastatin.RULES,
    "efavirenz": efavirenz.RULES,
}
_COMPOSERS: Mapping[str, Callable[[str], Policy]] = {"warfarin": compose}
_ALIASES: Mapping[str, str] = {"aaa": "aurora"}


def names_for(therapy: Therapy) -> tuple[str, ...]:
    """Names of the rules that suit a therapy, the simplest first."""
    return (*_ANY_DRUG, *_BY_DRUG.get(therapy.drug, {}), *_FEEDBACK)


def planners(therapy: Therapy) -> tuple[str, ...]:
    """Names of the prescribers that reckon with a patient model and suit a therapy."""
    blind = OF_THE_BIOMARKER if therapy.primary == "net" else ()
    return tuple(name for name in MODEL_BASED if name not in blind)


def oracles() -> tuple[str, ...]:
    """Names of the oracles, for every drug; the last is to be shown what all others gave."""
    return tuple(_ORACLES)


def policy(name: str, therapy: Therapy) -> Policy:
    """The rule, planner or oracle of that name for a therapy; 'START+PROTOCOL' composes a rule.

    Raises:
        InputError: no such rule for the therapy's drug, with the nearest name.
    """
    name = _ALIASES.get(name, name)
    allowed = (*names_for(therapy), *planners(therapy), *oracles())
    if name in allowed:
        of_drug = _BY_DRUG.get(therapy.drug, {})
        return {**_ANY_DRUG, **of_drug, **_TUNABLE, **_ORACLES}[name](therapy)
    if "+" in name and therapy.drug in _COMPOSERS:
        return _COMPOSERS[therapy.drug](name)
    raise unknown(f"{therapy.drug} policy", name, allowed)
