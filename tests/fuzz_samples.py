"""Valid inputs to begin with, by target."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from fuzz_targets import SHIPPED

from pmrl.agents import safe_arrays
from pmrl.genetics import GENES

_CSV = (
    "site,sex,race,age_decade,height_cm,weight_kg,amiodarone,enzyme_inducer,smoker,cyp2c9,vkorc1_1639,dose_mg_week\n"
    '1,M,White,60,170,80.5,0,,1,*1/*3,A/G,35\n2,F,"Asian",90,,,1,0,0,,unknown,\n'
)
_EVENTS = (
    "ID,TIME,AMT,DV,EVID,MDV,DAY,age,female,race,height_cm,weight_kg,amiodarone,enzyme_inducer,smoker,"
    "CYP2C9_1,CYP2C9_2,VKORC1_1,VKORC1_2\n"
    "7,0.0,.,1.1,0,0,0,61,1,0,170,.,0,0,0,0,2,0,1\n7,0.0,5.0,.,1,1,0,61,1,0,170,.,0,0,0,0,2,0,1\n"
    "7,24.0,.,.,2,1,1,61,1,0,170,.,0,0,0,0,2,0,1\n7,48.0,.,2.4,0,0,2,61,1,0,170,.,0,0,0,0,2,0,1\n"
    "9,0.0,.,1.0,0,0,0,44,0,2,.,90,1,0,0,-1,-1,-1,-1\n"
)
_CONFIG = """drug = "warfarin"
policies = "fixed,aurora"
patients = 20
seed = 3
threads = 2
[scenario]
cohort = "sampled"
adherence = 0.9
days = 30
surgery = true
occasion_sd = 0.2
interaction = "amiodarone"
"""


def _arrays() -> bytes:
    file = io.BytesIO()
    safe_arrays.write(
        file, {"a0": np.arange(6.0).reshape(2, 3), "a1": np.array(True), "a2": np.zeros(0, np.int8)}
    )
    return file.getvalue()


def _configs() -> list[bytes]:
    folder = Path(__file__).resolve().parents[1] / "experiments" / "configs"
    return [_CONFIG.encode(), *(path.read_bytes() for path in sorted(folder.glob("*.toml")))]


TEXTS: Mapping[str, list[str]] = {
    "allele": [name for gene in GENES.values() for name in (*gene.alleles, *gene.aliases)],
    "diplotype": [
        "unknown", *(f"{a}/{b}" for gene in GENES.values() for a in gene.alleles for b in gene.alleles[:2])
    ],
    "option": [
        "adherence=0.9", "days=30", "surgery=yes", "missed_visits=0.2", "start=established", "cohort=test",
        "lab_delay_days=2", "vitamin_k=0.2", "occasion_sd=0.3", "assay_error=0.1",
        "interaction=antibiotic", "genotype=unknown", "model=hamberg-2010", "visits=protocol",
    ],
}  # fmt: skip
FILES: Mapping[str, list[bytes]] = {
    "cohort": [_CSV.encode(), _EVENTS.encode()],
    "visits": [_EVENTS.encode()],
    "config": _configs(),
    "card": [SHIPPED.read_bytes()],
    "weights": [SHIPPED.with_suffix(".safetensors").read_bytes()],
    "arrays": [_arrays()],
}
