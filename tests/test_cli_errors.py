"""Bad input: one clear line (what was given, what is allowed, the fix), exit code 2, nothing written."""

import pytest
from pmrl_command import run

HEADER = (
    "site,sex,race,age_decade,height_cm,weight_kg,amiodarone,enzyme_inducer,smoker,target_inr,target_inr_range,"
    "cyp2c9,vkorc1_1639,vkorc1_source,stable,dose_mg_week,inr_on_dose\n"
)
ROW = "1,M,White,60,170,80,0,0,0,2.5,2-3,*1/*1,G/G,typed,1,35,2.5\n"
SIMULATE = ("simulate", "warfarin", "--days", "5")
CASES = {
    "unknown gene": ((*SIMULATE, "--genotype", "CYP2C99=*1/*1"), ("CYP2C99", "CYP2C9")),
    "unknown allele": ((*SIMULATE, "--genotype", "CYP2C9=*1/*77"), ("*77", "*3")),
    "malformed diplotype": ((*SIMULATE, "--genotype", "CYP2C9=*1*3"), ("*1*3", "*1/*2")),
    "genotype without =": ((*SIMULATE, "--genotype", "CYP2C9"), ("GENE=DIPLOTYPE",)),
    "gene twice": ((*SIMULATE, "--genotype", "VKORC1=G/G", "--genotype", "VKORC1=A/A"), ("twice",)),
    "age": ((*SIMULATE, "--age", "140"), ("140", "18 to 100")),
    "weight": ((*SIMULATE, "--weight", "5"), ("5", "30 to 200")),
    "dose off the grid": ((*SIMULATE, "--dose", "5.3"), ("5.3", "0.5", "5.5")),
    "dose too large": ((*SIMULATE, "--dose", "40"), ("40", "15")),
    "dose not a number": ((*SIMULATE, "--dose", "nan"), ("nan",)),
    "name that is a path": (("train", "warfarin", "--name", "../evil"), ("../evil", "letters")),
    "dqn without levels": (
        ("train", "warfarin", "--algorithm", "dqn", "--actions", "continuous"),
        ("discrete", "relative"),
    ),
    "too many patients": (("benchmark", "warfarin", "--patients", "100000000000"), ("at most 100000000",)),
    "policy that answers NaN": (
        ("benchmark", "warfarin", "--policies", "broken_policies:NotANumber"),
        ("broken", "not a number"),
    ),
    "policy that answers NaN in a thread": (
        ("benchmark", "warfarin", "--policies", "broken_policies:NotANumber", "--threads=2", "--chunk=20"),
        ("broken", "not a number"),
    ),
    "no threads": (("benchmark", "warfarin", "--threads", "0"), ("threads 0", "1")),
    "empty chunks": (("benchmark", "warfarin", "--chunk", "0"), ("chunk 0", "1 patient")),
    "policy that answers nothing": (
        ("benchmark", "warfarin", "--policies", "broken_policies:Nothing"),
        ("broken", "Prescription"),
    ),
    "days not a number": (("simulate", "warfarin", "--days", "ten"), ("--days", "integer", "'ten'")),
    "seed": (("simulate", "warfarin", "--seed=-1"), ("--seed", "0", "'-1'")),
    "command": (("benchmrk", "warfarin"), ("Did you mean 'benchmark'",)),
    "days": (("simulate", "warfarin", "--days", "0"), ("days 0",)),
    "unknown drug": (("simulate", "wafarin"), ("wafarin", "did you mean 'warfarin'")),
    "unknown model": (
        (*SIMULATE, "--model", "hamberg-2011"),
        ("hamberg-2011", "did you mean 'hamberg-2010'"),
    ),
    "unknown parameters": ((*SIMULATE, "--parameters", "publishd"), ("did you mean 'published'",)),
    "unknown ancestry": ((*SIMULATE, "--ancestry", "Europe"), ("did you mean 'European'",)),
    "unknown option": (("simulate", "warfarin", "--dosis", "5"), ("--dosis",)),
    "unknown policy": (("benchmark", "warfarin", "--policies", "auroa"), ("did you mean 'aurora'",)),
    "policy twice": (("benchmark", "warfarin", "--policies", "fixed,fixed"), ("twice",)),
    "policy file missing": (("benchmark", "warfarin", "--policies", "no.json"), ("no.json",)),
    "scenario option": (
        ("benchmark", "warfarin", "--policies", "fixed", "-s", "adherance=0.9"),
        ("did you mean 'adherence'",),
    ),
    "scenario value": (
        ("benchmark", "warfarin", "--policies", "fixed", "-s", "adherence=1.9"),
        ("1.9", "0 to 1"),
    ),
    "too few patients": (
        ("benchmark", "warfarin", "--policies", "fixed", "--patients", "1"),
        ("at least 2",),
    ),
    "algorithm": (("train", "warfarin", "--algorithm", "pp0"), ("did you mean 'ppo'",)),
    "actions": (("train", "warfarin", "--actions", "discreet"), ("did you mean 'discrete'",)),
    "too many to simulate": ((*SIMULATE, "--patients", "200000"), ("patients 200000", "1 to 100000")),
    "covariate without a number": ((*SIMULATE, "--covariate", "smoker=yes"), ("smoker=yes", "NAME=NUMBER")),
    "covariate twice": ((*SIMULATE, "--age", "50", "--covariate", "age=60"), ("age is given twice",)),
    "no drug": (("benchmark", "--policies", "fixed"), ("benchmark needs a drug", "--config")),
    "seed of the validation": (
        ("benchmark", "warfarin", "--policies", "fixed", "--seed", "7001"),
        ("seed 7001", "choose another"),
    ),
    "cohort name": (
        ("benchmark", "warfarin", "--policies", "fixed", "--cohort", "tset"),
        ("did you mean 'test'",),
    ),
}
FILES = {
    "missing column": (HEADER.replace(",cyp2c9", "") + ROW, ("cyp2c9",)),
    "misnamed column": (HEADER.replace("weight_kg", "weigth_kg") + ROW, ("weigth_kg", "weight_kg")),
    "semicolons": ((HEADER + ROW).replace(",", ";"), (";",)),
    "decimal comma": (HEADER + ROW.replace(",80,", ',"80,5",'), ("80,5",)),
    "empty": ("", ("empty",)),
    "header only": (HEADER, ("no",)),
    "age": (HEADER + ROW.replace("White,60", "White,160"), ("160",)),
    "allele": (HEADER + ROW.replace("*1/*1", "*1/*x"), ("*x",)),
}


def check(code, out, err, parts):
    assert code == 2
    assert err.startswith("pmrl: error: ")
    assert err.count("\n") == 1
    assert "Traceback" not in err + out
    for part in parts:
        assert part in err


@pytest.mark.parametrize("case", CASES)
def test_bad_arguments(monkeypatch, capsys, tmp_path, case):
    arguments, parts = CASES[case]
    target = tmp_path / "numbers.json"
    check(*run(monkeypatch, capsys, *arguments, "--json", target, "--out", tmp_path / "out"), parts)
    assert not target.exists()
    assert not list(tmp_path.rglob("*.part"))
    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_file()]


@pytest.mark.parametrize("command", ["validate", "benchmark"])
@pytest.mark.parametrize("case", FILES)
def test_bad_cohort_files(monkeypatch, capsys, tmp_path, case, command):
    text, parts = FILES[case]
    cohort = tmp_path / "cohort.csv"
    cohort.write_text(text)
    policies = ("--policies", "fixed") if command == "benchmark" else ()
    check(*run(monkeypatch, capsys, command, "warfarin", "--cohort", cohort, *policies), parts)


def test_missing_cohort_file(monkeypatch, capsys, tmp_path):
    check(*run(monkeypatch, capsys, "validate", "warfarin", "--cohort", tmp_path / "no.csv"), ("no.csv",))


def test_config_key(monkeypatch, capsys, tmp_path):
    config = tmp_path / "study.toml"
    config.write_text('drug = "warfarin"\npatiens = 10\n')
    check(*run(monkeypatch, capsys, "benchmark", "--config", config), ("patiens", "did you mean 'patients'"))
    config.write_text("drug = warfarin\n")
    check(*run(monkeypatch, capsys, "benchmark", "--config", config), ("TOML",))


def test_unwritable_folder_and_file(monkeypatch, capsys, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    check(*run(monkeypatch, capsys, *SIMULATE, "--out", blocked / "run"), (str(blocked),))
    check(*run(monkeypatch, capsys, *SIMULATE, "--json", blocked / "numbers.json"), (str(blocked),))
    assert blocked.read_text() == "in the way"


def test_training_on_test_patients_is_refused(monkeypatch, capsys, tmp_path):
    found = run(monkeypatch, capsys, "train", "warfarin", "-s", "cohort=test", "--out", tmp_path / "out")
    check(*found, ("test patients",))
