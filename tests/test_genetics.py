"""Genes: reading and writing diplotypes, CPIC scores, frequencies."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmrl.errors import InputError
from pmrl.genetics import (
    ANCESTRIES,
    GENES,
    activity_score,
    allele_count,
    diplotype_probabilities,
    find_gene,
    phenotype,
)

genes = st.sampled_from(sorted(GENES))


@st.composite
def diplotypes(draw):
    gene = GENES[draw(genes)]
    allele = st.sampled_from(gene.alleles)
    return gene, draw(allele), draw(allele)


@given(diplotypes())
def test_parse_is_blind_to_the_order_and_label_writes_what_parse_reads(drawn):
    gene, first, second = drawn
    codes = gene.parse(f"{first}/{second}")
    assert codes == gene.parse(f" {second} / {first} ")
    assert codes == tuple(sorted((gene.alleles.index(first), gene.alleles.index(second))))
    assert gene.parse(gene.label(codes)) == codes


@given(genes, st.from_regex(r"[^/]*(/[^/]*/[^/]*)?", fullmatch=True))
def test_text_without_exactly_one_slash_is_refused_or_unknown(name, text):
    if text.strip().casefold() in ("", "unknown"):
        assert GENES[name].parse(text) == (-1, -1)
        return
    with pytest.raises(InputError, match=f"is not a {name} diplotype"):
        GENES[name].parse(text)


@pytest.mark.parametrize(
    ("gene", "text", "codes", "label"),
    [
        ("CYP2C9", "*3/*1", (0, 2), "*1/*3"),
        ("CYP2C9", "*11/*8", (5, 6), "*8/*11"),
        ("VKORC1", "A/G", (0, 1), "G/A"),
        ("VKORC1", "a/a", (1, 1), "A/A"),
        ("CYP4F2", "*1/*3", (0, 1), "C/T"),
        ("CYP4F2", "T/C", (0, 1), "C/T"),
        ("CYP4F2", "*3/T", (1, 1), "T/T"),
        ("rs12777823", "", (-1, -1), "unknown"),
        ("CYP2C9", "unknown", (-1, -1), "unknown"),
    ],
)
def test_examples(gene, text, codes, label):
    assert GENES[gene].parse(text) == codes
    assert GENES[gene].label(codes) == label


@pytest.mark.parametrize(
    ("gene", "text", "message"),
    [
        ("CYP2C9", "*1", "not a CYP2C9 diplotype; write two alleles as '*1/*2'"),
        ("CYP2C9", "*1/*2/*3", "not a CYP2C9 diplotype"),
        ("CYP2C9", "*1/", "not a CYP2C9 diplotype"),
        ("CYP2C9", "*1/*33", "unknown CYP2C9 allele '*33'; did you mean '*3'"),
        ("VKORC1", "AG", "not a VKORC1 diplotype; write two alleles as 'G/A'"),
        ("VKORC1", "C/T", "Allowed: A, G.*other strand"),
    ],
)
def test_bad_diplotypes_say_what_is_allowed(gene, text, message):
    with pytest.raises(InputError, match=message.replace("*", r"\*").replace(r".\*", ".*")):
        GENES[gene].parse(text)


def test_unknown_names_suggest_the_nearest():
    with pytest.raises(InputError, match="did you mean 'CYP2C9'"):
        find_gene("CYP2C90")
    with pytest.raises(InputError, match="did you mean 'European'"):
        diplotype_probabilities("CYP2C9", "european")
    with pytest.raises(InputError, match="unknown gene"):
        allele_count(np.zeros((1, 2), np.int8), "KRAS", "A")
    with pytest.raises(InputError, match="no activity score; genes that have one: CYP2C9"):
        activity_score(np.zeros((1, 2), np.int8), "VKORC1")


@pytest.mark.parametrize(
    ("text", "score", "label"),
    [
        ("*1/*1", 2.0, "NM"),
        ("*1/*2", 1.5, "IM"),
        ("*1/*3", 1.0, "IM"),
        ("*2/*2", 1.0, "IM"),
        ("*8/*11", 1.0, "IM"),
        ("*2/*3", 0.5, "PM"),
        ("*5/*6", 0.5, "PM"),
        ("*3/*3", 0.0, "PM"),
    ],
)
def test_cpic_activity_score_and_phenotype(text, score, label):
    codes = GENES["CYP2C9"].parse_all([text, ""])
    np.testing.assert_array_equal(activity_score(codes), [score, np.nan])
    assert phenotype(codes).tolist() == [label, "unknown"]


def test_allele_count_keeps_unknown_apart_from_none():
    codes = GENES["CYP4F2"].parse_all(["C/C", "C/T", "*3/*3", ""])
    np.testing.assert_array_equal(allele_count(codes, "CYP4F2", "T"), [0, 1, 2, np.nan])
    np.testing.assert_array_equal(allele_count(codes, "CYP4F2", "*1"), [2, 1, 0, np.nan])


def test_labels_are_the_label_of_each_row():
    gene = GENES["CYP2C9"]
    codes = np.array([(i, j) for i in range(7) for j in range(i, 7)] + [(-1, -1)], dtype=np.int8)
    assert gene.labels(codes).tolist() == [gene.label(row) for row in codes]
    assert gene.labels(codes[:0]).shape == (0,)
    np.testing.assert_array_equal(gene.parse_all(gene.labels(codes).tolist()), codes)


@pytest.mark.parametrize("ancestry", ANCESTRIES)
@pytest.mark.parametrize("name", sorted(GENES))
def test_frequencies_are_complete_and_hardy_weinberg(name, ancestry):
    gene = GENES[name]
    frequency = gene.frequency(ancestry)
    assert frequency.sum() == pytest.approx(1)
    assert (frequency >= 0).all()
    probabilities = diplotype_probabilities(name, ancestry)
    assert sum(probabilities.values()) == pytest.approx(1)
    for allele, expected in enumerate(frequency):
        copies = sum(p * codes.count(allele) for codes, p in probabilities.items())
        assert copies / 2 == pytest.approx(expected)


def test_published_frequencies():
    assert diplotype_probabilities("VKORC1", "East Asian")[1, 1] == pytest.approx(0.885**2)
    assert GENES["CYP2C9"].frequency("African") == pytest.approx(
        [0.888, 0.008, 0.002, 0.017, 0.008, 0.053, 0.024]
    )
    variant, reference = GENES["CYP2C9"].frequencies["African"][5], GENES["CYP2C9"].frequencies["African"][0]
    assert (variant.status, reference.status) == ("published", "derived")
    assert {activity.status for activity in GENES["CYP2C9"].activities} == {"guideline"}
