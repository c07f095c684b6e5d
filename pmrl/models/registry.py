"""Which models there are, by drug."""

from __future__ import annotations

from importlib import import_module

from pmrl.errors import unknown
from pmrl.model import PatientModel

MODELS = {
    "hamberg-2010": "pmrl.models.warfarin_hamberg_2010",
    "hamberg-2007": "pmrl.models.warfarin_hamberg_2007",
    "ohara-2014": "pmrl.models.warfarin_ohara_2014",
    "xia-2024": "pmrl.models.warfarin_xia_2024",
    "michaelis-menten-1983": "pmrl.models.phenytoin_michaelis_menten",
    "stringer-2014": "pmrl.models.sipoglitazar_stringer_2014",
    "baron-2016": "pmrl.models.empagliflozin_baron_2016",
    "gebhard-2023": "pmrl.models.mercaptopurine_gebhard_2023",
    "wright-2016": "pmrl.models.allopurinol_wright_2016",
    "kakara-2014": "pmrl.models.atorvastatin_kakara_2014",
    "andrews-2019": "pmrl.models.tacrolimus_andrews_2019",
    "sanchez-2011": "pmrl.models.efavirenz_sanchez_2011",
}
"""Model name -> the module that defines its `MODEL`; imported when it is asked for."""


def model(name: str) -> PatientModel:
    """The patient model of that name.

    Raises:
        InputError: there is none.
    """
    if name not in MODELS:
        raise unknown("model", name, MODELS)
    found: PatientModel = import_module(MODELS[name]).MODEL
    return found
