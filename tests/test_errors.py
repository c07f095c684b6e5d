"""Messages for people: what was given, what is allowed, and the nearest name."""

from __future__ import annotations

import pytest

from pmrl.errors import InputError, unknown

DRUGS = ["warfarin", "tacrolimus", "Phenytoin"]


def test_the_message_names_what_was_given_and_everything_allowed() -> None:
    message = str(unknown("drug", "xyz", DRUGS))
    assert "unknown drug 'xyz'" in message
    assert message.endswith("Allowed: Phenytoin, tacrolimus, warfarin")
    assert "did you mean" not in message


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("wafarin", "warfarin"),
        ("WARFARIN", "warfarin"),
        ("phenytoin", "Phenytoin"),
        ("tacrolimos", "tacrolimus"),
    ],
)
def test_the_nearest_name_is_suggested_whatever_the_case(given: str, meant: str) -> None:
    assert f"did you mean '{meant}'?" in str(unknown("drug", given, DRUGS))


def test_the_fix_closes_the_message() -> None:
    assert str(unknown("drug", "xyz", DRUGS, fix="See `pmrl drugs`.")).endswith(" See `pmrl drugs`.")


def test_the_message_is_one_line() -> None:
    assert "\n" not in str(unknown("drug", "wafarin", DRUGS, fix="See `pmrl drugs`."))


def test_any_iterable_of_names_will_do() -> None:
    assert "Allowed: a, b" in str(unknown("key", "c", (name for name in "ba")))


def test_it_is_a_value_error_so_that_python_users_catch_it_as_one() -> None:
    assert issubclass(InputError, ValueError)
    with pytest.raises(ValueError, match="unknown drug"):
        raise unknown("drug", "xyz", DRUGS)
