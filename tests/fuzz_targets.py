"""What is fuzzed: each target takes a text or bytes, and fails unless they are refused in one line or right.

`test_fuzz.py` feeds them with edited valid inputs, `tests/fuzz/coverage_guided.py` with what finds new paths.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from pmrl.agents import policy_file, safe_arrays
from pmrl.agents.catalogue import zoo
from pmrl.agents.learned import LearnedPolicy
from pmrl.cohort import Cohort
from pmrl.covariates import RACES
from pmrl.envs.registry import therapy
from pmrl.envs.scenario import Scenario
from pmrl.errors import InputError
from pmrl.experiments.config import StudyConfig, parse_options, read_config, scenario_of
from pmrl.experiments.nonmem import read_nonmem
from pmrl.experiments.nonmem_visits import read_visits
from pmrl.genetics import GENES

WARFARIN = therapy("warfarin")
SHIPPED = zoo(WARFARIN)["ppo"]
FOLDER = Path(tempfile.mkdtemp(prefix="fuzz-"))
LIMITS = {"height_cm": (100, 230), "weight_kg": (20, 300), "age": (10, 110)}
"""Of a cohort's covariates, where a record may have them."""


def refusal(act: Callable[[], Any]) -> Any:
    """What `act` gives, or None where it refuses its input in one line."""
    try:
        return act()
    except InputError as error:
        line = str(error)
        assert line.isprintable(), line
        assert 10 < len(line) <= 3000, line
        return None


def written(name: str, data: bytes) -> Path:
    path = FOLDER / name
    path.write_bytes(data)
    return path


def fuzz_allele(text: str) -> None:
    for gene in GENES.values():
        code = refusal(lambda gene=gene: gene.index(text))
        if code is not None:
            meant = gene.aliases.get(text.upper(), text)
            assert gene.alleles[code].casefold() == meant.casefold()
            assert text.isascii()


def fuzz_diplotype(text: str) -> None:
    for gene in GENES.values():
        codes = refusal(lambda gene=gene: gene.parse(text))
        if codes is None:
            continue
        assert gene.parse(gene.label(codes)) == codes
        if codes == (-1, -1):
            assert text.strip().casefold() in ("", "unknown")
        else:
            assert sorted(map(gene.index, map(str.strip, text.split("/")))) == list(codes)
            assert 0 <= codes[0] <= codes[1] < len(gene.alleles)


def fuzz_cohort(data: bytes) -> None:
    cohort = refusal(lambda: Cohort.read_csv(written("cohort.csv", data)))
    if cohort is None:
        return
    assert 1 <= len(cohort) <= data.count(b"\n") + data.count(b"\r") + 1
    for name, values in cohort.covariates.items():
        assert values.shape == (len(cohort),)
        low, high = LIMITS.get(name, (0, len(RACES) - 1))
        assert (np.isnan(values) | ((values >= low) & (values <= high))).all(), name
    for gene, codes in cohort.genotypes.items():
        assert ((codes >= -1) & (codes < len(GENES[gene].alleles))).all()
        assert ((codes < 0).all(axis=1) == (codes < 0).any(axis=1)).all()


def fuzz_visits(data: bytes) -> None:
    path = written("visits.csv", data)
    courses, visits = refusal(lambda: read_nonmem(path)), refusal(lambda: read_visits(path))
    if courses is not None:
        known = courses.doses[~np.isnan(courses.doses)]
        assert np.isfinite(known).all()
        assert (known >= 0).all()
        assert not np.isinf(courses.values).any()
        assert not any(np.isinf(values).any() for values in courses.covariates.values())
    if visits is None:
        return
    history = visits.history
    for i, count in enumerate(history.count):
        assert 0 <= count <= history.day.shape[1]
        assert (np.diff(history.day[i, :count]) > 0).all()
        assert np.isnan(history.day[i, count:]).all()
        assert (history.interval[i, : max(count - 1, 0)] > 0).all()
    assert not any(np.isinf(values).any() for values in (history.lab, history.dose, history.daily_dose))


def require_scenario(scenario: Scenario) -> None:
    assert isinstance(scenario, Scenario)
    assert 0.0 <= scenario.missed_visits <= 0.9
    assert scenario.days is None or 1 <= scenario.days <= 3650
    for name in ("occasion_sd", "assay_sd", "assay_error"):
        value = getattr(scenario, name)
        assert value is None or (math.isfinite(value) and value >= 0)


def fuzz_config(data: bytes) -> None:
    config = refusal(lambda: read_config(written("study.toml", data)))
    if config is None:
        return
    kinds: Mapping[str, Any] = {"drug": str, "policies": str, "patients": int, "seed": int}
    for field in fields(StudyConfig):
        value = getattr(config, field.name)
        if field.name != "scenario":
            assert isinstance(value, kinds.get(field.name, int | None))
    assert 0 <= config.seed < 2**32
    require_scenario(config.scenario)


def fuzz_option(text: str) -> None:
    scenario = refusal(lambda: scenario_of(parse_options([text]), cohort="test"))
    if scenario is not None:
        require_scenario(scenario)


def fuzz_card(data: bytes) -> None:
    """A card as it is, and with the checksum made right."""
    packed = SHIPPED.with_suffix(".safetensors").read_bytes()
    written("policy.safetensors", packed)
    forged = [data]
    try:
        card = json.loads(data)
        del card["sha256"]
        text = json.dumps(card, sort_keys=True, separators=(",", ":"))
        forged.append(
            json.dumps({**card, "sha256": hashlib.sha256(text.encode() + packed).hexdigest()}).encode()
        )
    except (ValueError, TypeError, KeyError, RecursionError):
        pass
    for described in forged:
        require_policy(written("policy.json", described))


def require_policy(path: Path) -> None:
    policy = refusal(lambda: LearnedPolicy.load(path, WARFARIN))
    if policy is not None:
        outputs = policy.outputs(np.zeros((2, policy.card.layers[0]), dtype=np.float32))
        assert outputs.shape == (2, policy.card.layers[-1])
        assert all(values.dtype == np.float32 for values in policy.weights.values())
        policy_file.require_name(policy.name)


def fuzz_weights(data: bytes) -> None:
    """Weights whose checksum is right."""
    card = json.loads(SHIPPED.read_bytes())
    del card["sha256"]
    text = json.dumps(card, sort_keys=True, separators=(",", ":"))
    card["sha256"] = hashlib.sha256(text.encode() + data).hexdigest()
    written("policy.safetensors", data)
    require_policy(written("policy.json", json.dumps(card).encode()))


def fuzz_arrays(data: bytes) -> None:
    found = refusal(lambda: safe_arrays.read(written("arrays.npz", data)))
    if found is not None:
        assert sum(values.nbytes for values in found.values()) <= len(data)
        assert all(values.dtype.kind in "biuf" for values in found.values())
        safe_arrays.write(io.BytesIO(), found)


TEXTS: Mapping[str, Callable[[str], None]] = {
    "allele": fuzz_allele,
    "diplotype": fuzz_diplotype,
    "option": fuzz_option,
}
FILES: Mapping[str, Callable[[bytes], None]] = {
    "cohort": fuzz_cohort,
    "visits": fuzz_visits,
    "config": fuzz_config,
    "card": fuzz_card,
    "weights": fuzz_weights,
    "arrays": fuzz_arrays,
}
