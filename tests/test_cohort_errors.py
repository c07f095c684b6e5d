"""One clear line for every file of patients that cannot be used."""

import csv

import numpy as np
import pytest

from pmrl.cohort import Cohort, read_table
from pmrl.cohort_reading import NEEDED
from pmrl.errors import InputError

PATIENT = {
    "sex": "M",
    "race": "White",
    "age_decade": "60",
    "height_cm": "175",
    "weight_kg": "80.5",
    "amiodarone": "0",
    "enzyme_inducer": "",
    "smoker": "1",
    "cyp2c9": "*1/*3",
    "vkorc1_1639": "A/G",
}


def write(path, patients, columns=None):
    columns = columns or list(patients[0])
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows([patient[column] for column in columns] for patient in patients)
    return path


@pytest.mark.parametrize(
    ("column", "cell", "message"),
    [
        ("sex", "male", "unknown sex 'male'.*Allowed: F, M"),
        ("race", "Whit", "unknown race 'Whit'; did you mean 'White'"),
        ("age_decade", "65", "65 is not a multiple of 10"),
        ("age_decade", "0", "0 is out of range; allowed: 10 to 90 years"),
        ("age_decade", "100", "100 is out of range"),
        ("height_cm", "1.75", "1.75 is out of range; allowed: 100 to 230 cm"),
        ("weight_kg", "301", "301 is out of range; allowed: 20 to 300 kg"),
        ("weight_kg", "80,5", "'80,5' has a decimal comma; write '80.5'"),
        ("weight_kg", "heavy", "'heavy' is not a number; allowed: 20 to 300 kg, or empty"),
        ("weight_kg", "nan", "'nan' is not a number"),
        ("weight_kg", "1_0", "'1_0' is not a number"),
        ("amiodarone", "yes", "unknown flag 'yes'.*Allowed: 0, 1"),
        ("cyp2c9", "*1/*99", "unknown CYP2C9 allele"),
        ("cyp2c9", "*1", "not a CYP2C9 diplotype"),
        ("vkorc1_1639", "A", "not a VKORC1 diplotype"),
        ("dose_mg_week", "-1", "-1 is out of range; allowed: 0 to 300 mg/week"),
        ("dose_mg_week", "1e9", "1e9 is out of range"),
        ("stable", "2", "unknown flag '2'"),
        ("site", "1.5", "1.5 is not a multiple of 1"),
    ],
)
def test_a_bad_cell_is_named_with_its_line(tmp_path, column, cell, message):
    path = write(tmp_path / "patients.csv", [PATIENT | {column: ""}, PATIENT | {column: cell}])
    with pytest.raises(InputError, match=f"line 3, column '{column}': .*{message}") as caught:
        Cohort.read_csv(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("column", NEEDED)
def test_every_needed_column_is_asked_for(tmp_path, column):
    columns = [name for name in PATIENT if name != column]
    path = write(tmp_path / "patients.csv", [PATIENT], columns)
    with pytest.raises(InputError, match=f"has no column '{column}'"):
        read_table(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty; it needs a header"),
        ("\n\n", "is empty"),
        (",".join(PATIENT) + "\n", "has a header but no patients"),
        (
            ";".join(PATIENT) + "\n" + ";".join(PATIENT.values()),
            "separated by semicolons; save it with commas",
        ),
        ("\t".join(PATIENT) + "\n" + "\t".join(PATIENT.values()), "separated by tabs"),
        (",".join(PATIENT).replace("weight_kg", "Weight"), "has a header but no patients"),
        (
            ",".join(PATIENT).replace("weight_kg", "Weight") + "\n1",
            "did you mean 'Weight'. Rename it to 'weight_kg'",
        ),
        (",".join([*PATIENT, "sex"]) + "\n1", "has the column 'sex' more than once"),
        (
            ",".join(PATIENT) + "\nM,White,60,175,80,5,0,,1,*1/*3,A/G",
            "line 2: 11 cells where the header has 10; write",
        ),
        (",".join(PATIENT) + "\nM,White,60", "line 2: 3 cells where the header has 10; leave"),
        (
            ",".join([*PATIENT, "dose_mg_weak"]) + "\n1",
            "no column 'dose_mg_week'; did you mean 'dose_mg_weak'",
        ),
        (",".join(PATIENT) + '\n"M,White', "is not a CSV"),
    ],
)
def test_a_bad_file_gets_one_clear_line(tmp_path, content, message):
    path = tmp_path / "patients.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=message) as caught:
        Cohort.read_csv(path)
    assert "\n" not in str(caught.value)
    assert "patients.csv" in str(caught.value)


def test_files_that_cannot_be_opened(tmp_path):
    write(tmp_path / "patients.csv", [PATIENT])
    with pytest.raises(InputError, match=r"no such file.*did you mean .*patients.csv"):
        read_table(tmp_path / "patient.csv")
    with pytest.raises(InputError, match=r"no such file.*check the path"):
        read_table(tmp_path / "nowhere" / "patients.csv")
    with pytest.raises(InputError, match="cannot be read"):
        read_table(tmp_path)


def test_a_spreadsheet_is_refused(tmp_path):
    path = tmp_path / "patients.csv"
    path.write_bytes(b"PK\x03\x04\xff\xfe\x00\xd8")
    with pytest.raises(InputError, match="is not UTF-8 text"):
        read_table(path)


def test_needs_of_the_caller(tmp_path):
    path = write(tmp_path / "patients.csv", [PATIENT])
    with pytest.raises(InputError, match="has no column 'dose_mg_week'"):
        read_table(path, needs=("dose_mg_week",))


def test_byte_order_mark_blanks_and_other_columns_are_accepted(tmp_path):
    path = write(tmp_path / "patients.csv", [PATIENT | {"hospital": "north", "sex": " M "}])
    path.write_text("\ufeff" + path.read_text(encoding="utf-8") + "\n\n", encoding="utf-8")
    table = read_table(path)
    assert (len(table), table.female[0], table.weight_kg[0]) == (1, 0.0, 80.5)
    assert (table.site[0], table.target_inr_range[0]) == (-1, "")


def test_a_file_with_every_cell_empty_becomes_a_whole_patient(tmp_path):
    empty = dict.fromkeys(PATIENT, "") | {"race": "Unknown"}
    cohort = Cohort.read_csv(write(tmp_path / "patients.csv", [empty] * 200), seed=4)
    assert all(np.isnan(values).all() for values in cohort.known_covariates.values())
    assert all(np.isfinite(values).all() for values in cohort.covariates.values())
    assert (cohort.known_genotypes["CYP2C9"] == -1).all()
    assert set(cohort.covariates["race"]) == {0.0, 1.0, 2.0}
    assert set(cohort.covariates["female"]) == {0.0, 1.0}


def test_a_file_typed_for_star_8_is_believed(tmp_path):
    black = PATIENT | {"race": "Black", "cyp2c9": "*1/*1"}
    path = write(tmp_path / "patients.csv", [black | {"cyp2c9": "*1/*8"}] + [black] * 300)
    cohort = Cohort.read_csv(path)
    np.testing.assert_array_equal(cohort.known_genotypes["CYP2C9"], cohort.genotypes["CYP2C9"])
