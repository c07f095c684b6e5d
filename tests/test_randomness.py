"""Philox against its published vectors; draws have the right law and depend on nothing but their address."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from pmrl.randomness import Stream, normal, normals, philox, uniform_pair, uniforms

SEED = 20_240
N = 20_000
PATIENTS = np.arange(N, dtype=np.int64)

# Random123, tests/kat_vectors, philox4x32 with 10 rounds: counter, key, output.
KNOWN_ANSWERS = [
    ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
]


def words(text: str) -> list[int]:
    return [int(word, 16) for word in text.split()]


@pytest.mark.parametrize(("counter", "key", "expected"), KNOWN_ANSWERS)
def test_philox_gives_the_known_answers(counter: str, key: str, expected: str) -> None:
    got = philox(*(np.uint64(word) for word in words(counter) + words(key)))
    assert [int(word) for word in got] == words(expected)


def test_a_draw_is_philox_of_its_address() -> None:
    seed, patient, day = (7 << 32) + 5, (3 << 32) + 11, 13
    address = [11, 3, day, int(Stream.ASSAY), 5, 7]
    a, b, c, d = (int(word) for word in philox(*(np.uint64(word) for word in address)))
    expected = [((high << 20 | low >> 12) + 0.5) / 2**52 for high, low in ((a, b), (c, d))]
    assert uniforms(seed, np.array([patient]), Stream.ASSAY, day=day)[0].tolist() == expected


def test_stream_numbers_are_frozen() -> None:
    # A changed number would silently change every published result.
    assert [stream.name for stream in sorted(Stream)] == [
        *("COHORT", "ANCESTRY", "GENOTYPE", "COVARIATE", "PARAMETER", "ADHERENCE", "OCCASION", "ASSAY"),
        *("VISIT", "DISTURBANCE", "POLICY", "ASSAY_ADDED"),
    ]
    assert [int(stream) for stream in Stream] == list(range(12))


@pytest.mark.parametrize("column", [0, 1])
def test_uniforms_are_uniform_in_the_open_interval(column: int) -> None:
    draws = uniforms(SEED, PATIENTS, Stream.ADHERENCE)[:, column]
    assert draws.min() > 0.0
    assert draws.max() < 1.0
    assert stats.kstest(draws, "uniform").pvalue > 0.01


def test_normals_are_standard_normal() -> None:
    draws = normals(SEED, PATIENTS, Stream.OCCASION, count=3)
    assert draws.shape == (N, 3)
    for column in draws.T:
        # Four standard errors of mean, variance, skewness and kurtosis at n = 20,000.
        assert abs(column.mean()) < 4.0 * np.sqrt(1.0 / N)
        assert abs(column.var() - 1.0) < 4.0 * np.sqrt(2.0 / N)
        assert abs(stats.skew(column)) < 4.0 * np.sqrt(6.0 / N)
        assert abs(stats.kurtosis(column)) < 4.0 * np.sqrt(24.0 / N)
        assert stats.kstest(column, "norm").pvalue > 0.01


def test_the_kernel_and_the_array_functions_agree() -> None:
    few = PATIENTS[:50]
    pairs = uniforms(SEED, few, Stream.ASSAY, day=4)
    assert [tuple(pair) for pair in pairs] == [uniform_pair(SEED, i, 4, Stream.ASSAY) for i in few]
    kernel = np.array([[normal(SEED, i, k, Stream.ASSAY) for k in range(3)] for i in few])
    np.testing.assert_allclose(kernel, normals(SEED, few, Stream.ASSAY, count=3), rtol=1e-12, atol=1e-14)


def draws_at(
    seed: int = SEED, day: int = 0, stream: Stream = Stream.ASSAY, shift: int = 0
) -> NDArray[np.float64]:
    return stats.norm.ppf(uniforms(seed, PATIENTS + shift, stream, day=day)[:, 0])


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"seed": SEED + 1}, id="next seed"),
        pytest.param({"seed": SEED + (1 << 32)}, id="seed beyond 32 bits"),
        pytest.param({"day": 1}, id="next day"),
        pytest.param({"day": 365}, id="a year later"),
        pytest.param({"stream": Stream.ADHERENCE}, id="another stream"),
        pytest.param({"stream": Stream.VISIT}, id="the next stream"),
        pytest.param({"shift": 1}, id="the next patient"),
        pytest.param({"shift": 1 << 32}, id="patient beyond 32 bits"),
    ],
)
def test_draws_at_different_addresses_are_independent(other: dict[str, int]) -> None:
    first, second = draws_at(), draws_at(**other)  # type: ignore[arg-type]
    for one, two in ((first, second), (np.abs(first), np.abs(second))):
        assert abs(np.corrcoef(one, two)[0, 1]) < 4.0 / np.sqrt(N)


def test_the_two_uniforms_of_a_pair_are_independent() -> None:
    pairs = uniforms(SEED, PATIENTS, Stream.GENOTYPE)
    assert abs(np.corrcoef(pairs.T)[0, 1]) < 4.0 / np.sqrt(N)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 63, 1000])
def test_a_draw_does_not_depend_on_batch_or_order(size: int) -> None:
    whole = normals(SEED, PATIENTS, Stream.PARAMETER, count=4)
    some = np.random.default_rng(size).choice(PATIENTS, size, replace=False)
    np.testing.assert_array_equal(normals(SEED, some, Stream.PARAMETER, count=4), whole[some])
    np.testing.assert_array_equal(
        uniforms(SEED, some, Stream.PARAMETER), uniforms(SEED, PATIENTS, Stream.PARAMETER)[some]
    )


def test_draw_k_does_not_depend_on_how_many_are_drawn() -> None:
    ten = normals(SEED, PATIENTS[:100], Stream.PARAMETER, count=10)
    np.testing.assert_array_equal(normals(SEED, PATIENTS[:100], Stream.PARAMETER, count=4), ten[:, :4])


def test_draws_begin_with_the_first() -> None:
    few = PATIENTS[:5]
    np.testing.assert_array_equal(
        uniforms(SEED, few, Stream.COHORT), uniforms(SEED, few, Stream.COHORT, day=0)
    )
    np.testing.assert_array_equal(
        normals(SEED, few, Stream.COHORT, count=2), normals(SEED, few, Stream.COHORT, count=2, first=0)
    )


def test_other_integer_types_and_strided_ids_are_taken() -> None:
    expected = uniforms(SEED, PATIENTS[:100:2].copy(), Stream.COHORT)
    np.testing.assert_array_equal(uniforms(SEED, PATIENTS[:100:2], Stream.COHORT), expected)
    as_int32 = PATIENTS[:100:2].astype(np.int32)
    np.testing.assert_array_equal(uniforms(SEED, as_int32, Stream.COHORT), expected)  # type: ignore[arg-type]


def test_no_patients_gives_no_draws() -> None:
    assert normals(SEED, PATIENTS[:0], Stream.COHORT, count=2).shape == (0, 2)
