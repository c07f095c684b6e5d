"""Genes, diplotypes and what they mean: allele function, activity score, phenotype, frequency by ancestry.

A diplotype is a pair of allele indices, ascending, index 0 being the reference allele; -1 means unknown,
which is never the same as the reference. Arrays of diplotypes are int8, shape `(n_patients, 2)`.
The numbers live in `data/alleles.json`, each with its source and status.

References: CPIC guideline for CYP2C9 and warfarin, 2017 update (Johnson et al., Clin Pharmacol Ther
102:397); frequencies of the warfarin genes from the 1000 Genomes project as tabulated in PMC6562764.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from types import MappingProxyType
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from pmrl.errors import InputError, unknown
from pmrl.parameter import Parameter, Status

ANCESTRIES = ("African", "European", "Latino", "East Asian")
"""Ancestries with allele frequencies; cohorts store an index into this tuple."""

UNKNOWN = -1
"""Allele code of a diplotype that was not typed."""

_DIPLOTYPE = re.compile(r"\s*([^\s/]+)\s*/\s*([^\s/]+)\s*")


@dataclass(frozen=True)
class Gene:
    """A gene (or a single variant) with its alleles; index 0 is the reference allele.

    Attributes:
        name: gene symbol, or the rs number of a variant outside any gene.
        alleles: allele names; their index is the code used in arrays.
        functions: what each allele does, in words.
        activities: CPIC activity value of each allele, or empty where CPIC gives none.
        frequencies: ancestry -> frequency (fraction) of each allele.
        phenotypes: (label, highest activity score) in ascending order, or empty.
        aliases: other names of alleles, e.g. CYP4F2 `*3` for `T`.
        note: what a reader of an error message should know about the naming.
    """

    name: str
    alleles: tuple[str, ...]
    functions: tuple[str, ...]
    activities: tuple[Parameter, ...]
    frequencies: Mapping[str, tuple[Parameter, ...]]
    phenotypes: tuple[tuple[str, float], ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)
    note: str = ""

    def index(self, allele: str) -> int:
        """The code of an allele, by its name or an alias.

        Raises:
            InputError: the allele is not one of this gene's.
        """
        upper = {known.upper(): known for known in self.alleles}
        name = self.aliases.get(allele.upper(), upper.get(allele.upper(), allele))
        if name not in self.alleles:
            fix = f"({self.note})" if self.note else ""
            raise unknown(f"{self.name} allele", allele, (*self.alleles, *self.aliases), fix)
        return self.alleles.index(name)

    def parse(self, text: str) -> tuple[int, int]:
        """The codes of a written diplotype, ascending; (-1, -1) for '' or 'unknown'.

        Raises:
            InputError: not of the form 'allele/allele', or an allele this gene does not have.

        >>> GENES["CYP2C9"].parse("*3/*1"), GENES["VKORC1"].parse("A/G"), GENES["CYP4F2"].parse("*1/*3")
        ((0, 2), (0, 1), (0, 1))
        """
        if text.strip().casefold() in ("", "unknown"):
            return (UNKNOWN, UNKNOWN)
        match = _DIPLOTYPE.fullmatch(text)
        if match is None:
            example = "/".join(self.alleles[:2])
            raise InputError(
                f"'{text}' is not a {self.name} diplotype; write two alleles as '{example}', "
                "or leave it empty for unknown"
            )
        first, second = sorted(self.index(allele) for allele in match.groups())
        return (first, second)

    def parse_all(self, texts: Sequence[str]) -> NDArray[np.int8]:
        """Codes of many written diplotypes, shape `(n, 2)`."""
        codes = {text: self.parse(text) for text in dict.fromkeys(texts)}
        return np.array([codes[text] for text in texts], dtype=np.int8).reshape(-1, 2)

    def label(self, codes: Sequence[int] | NDArray[np.int8]) -> str:
        """A diplotype as written text, reference allele first; 'unknown' where not typed.

        >>> GENES["VKORC1"].label((1, 0)), GENES["VKORC1"].label((-1, -1))
        ('G/A', 'unknown')
        """
        first, second = sorted(int(code) for code in codes)
        return "unknown" if first < 0 else f"{self.alleles[first]}/{self.alleles[second]}"

    def labels(self, codes: NDArray[np.int8]) -> NDArray[np.str_]:
        """Written diplotypes of codes of shape `(n, 2)`, shape `(n,)`."""
        size = len(self.alleles)
        pairs = [(i, j) for i in range(size) for j in range(size)]
        table = np.array([*(self.label(pair) for pair in pairs), "unknown"])
        wide = codes.astype(np.int64)
        index = np.where(wide.min(axis=1, initial=0) < 0, len(pairs), wide[:, 0] * size + wide[:, 1])
        return cast(NDArray[np.str_], table[index])

    def frequency(self, ancestry: str) -> NDArray[np.float64]:
        """Allele frequencies (fractions, summing to 1) of an ancestry, shape `(n_alleles,)`.

        Raises:
            InputError: no such ancestry.
        """
        if ancestry not in self.frequencies:
            raise unknown("ancestry", ancestry, ANCESTRIES)
        return np.array([frequency.value for frequency in self.frequencies[ancestry]])


def _gene(entry: Mapping[str, Any], frequency: Mapping[str, str], activity: Mapping[str, str]) -> Gene:
    def parameter(value: float, unit: str, known: Mapping[str, str]) -> Parameter:
        return Parameter(float(value), unit, known["source"], cast(Status, known["status"]))

    def frequencies(ancestry: str) -> tuple[Parameter, ...]:
        percents = [allele["percent"][ancestry] for allele in variants]
        known = entry["frequency"][ancestry] if "frequency" in entry else frequency
        remainder = {"source": f"1 - the other alleles of {known['source']}", "status": "derived"}
        reference = parameter(round(1 - sum(percents) / 100, 12), "fraction", remainder)
        return (reference, *(parameter(round(p / 100, 12), "fraction", known) for p in percents))

    alleles = entry["alleles"]
    variants = alleles[1:]
    return Gene(
        name=entry["name"],
        alleles=tuple(allele["name"] for allele in alleles),
        functions=tuple(allele["function"] for allele in alleles),
        activities=tuple(parameter(a["activity"], "activity", activity) for a in alleles if "activity" in a),
        frequencies={ancestry: frequencies(ancestry) for ancestry in ANCESTRIES},
        phenotypes=tuple((label, limit) for label, limit in entry.get("phenotypes", ())),
        aliases=entry["aliases"],
        note=entry["note"],
    )


def _load() -> Mapping[str, Gene]:
    data = json.loads((files("pmrl") / "data" / "alleles.json").read_text(encoding="utf-8"))
    genes: dict[str, Gene] = {}
    for entry in data["genes"]:
        name = entry.get("name", f"entry {len(genes) + 1}")
        try:
            genes[name] = _gene(entry, data["frequency"], data["activity"])
        except KeyError as missing:
            raise ValueError(f"alleles.json, {name}: {missing} is missing; compare with CYP2C19's") from None
    if len(genes) < len(data["genes"]):
        raise ValueError("alleles.json: a gene is there twice")
    return MappingProxyType(genes)


GENES: Mapping[str, Gene] = _load()
"""Every gene of the laboratory by name. The order numbers the random draws: append, never reorder."""


def find_gene(name: str) -> Gene:
    """The gene of that name.

    Raises:
        InputError: no such gene; names the nearest.
    """
    if name not in GENES:
        raise unknown("gene", name, GENES)
    return GENES[name]


def allele_count(codes: NDArray[np.int8], gene: str, allele: str) -> NDArray[np.float64]:
    """Copies (0, 1, 2) of an allele, shape `(n,)`; NaN where the diplotype is unknown.

    Args:
        codes: diplotypes, shape `(n, 2)`.
        gene: name of the gene.
        allele: name of the allele, or an alias.

    Raises:
        InputError: no such gene or allele.
    """
    count = (codes == find_gene(gene).index(allele)).sum(axis=1).astype(np.float64)
    return np.where((codes < 0).any(axis=1), np.nan, count)


def functionless_count(codes: NDArray[np.int8], gene: str) -> NDArray[np.float64]:
    """Copies (0, 1, 2) of alleles without function, shape `(n,)`; NaN where the diplotype is unknown.

    Raises:
        InputError: no such gene.
    """
    none = np.array([function == "no function" for function in find_gene(gene).functions])
    return np.where((codes < 0).any(axis=1), np.nan, none[codes].sum(axis=1))


def activity_score(codes: NDArray[np.int8], gene: str = "CYP2C9") -> NDArray[np.float64]:
    """CPIC activity score, the sum of the two alleles' activity values, shape `(n,)`; NaN where unknown.

    Raises:
        InputError: no such gene, or a gene without activity values.
    """
    activities = find_gene(gene).activities
    if not activities:
        scored = ", ".join(name for name, other in GENES.items() if other.activities)
        raise InputError(f"gene '{gene}' has no activity score; genes that have one: {scored}")
    values = np.array([activity.value for activity in activities])
    return np.where((codes < 0).any(axis=1), np.nan, values[codes].sum(axis=1))


def phenotype(codes: NDArray[np.int8], gene: str = "CYP2C9") -> NDArray[np.str_]:
    """Metaboliser phenotype 'NM', 'IM' or 'PM', or 'unknown', shape `(n,)`.

    CPIC for CYP2C9: activity score 2 is normal, 1 and 1.5 intermediate, 0 and 0.5 poor.

    >>> phenotype(GENES["CYP2C9"].parse_all(["*1/*1", "*1/*3", "*3/*3", ""])).tolist()
    ['NM', 'IM', 'PM', 'unknown']
    """
    score = activity_score(codes, gene)
    labels, limits = zip(*find_gene(gene).phenotypes, strict=True)
    index = np.where(np.isnan(score), len(labels), np.searchsorted(np.array(limits), score))
    return cast(NDArray[np.str_], np.array([*labels, "unknown"])[index])


def diplotype_probabilities(gene: str, ancestry: str) -> dict[tuple[int, int], float]:
    """Hardy-Weinberg probability of every diplotype (codes ascending) in an ancestry; they sum to 1.

    Raises:
        InputError: no such gene or ancestry.
    """
    p = find_gene(gene).frequency(ancestry)
    pairs = ((i, j) for i in range(p.size) for j in range(i, p.size))
    return {(i, j): float(p[i] * p[j] * (1 if i == j else 2)) for i, j in pairs}
