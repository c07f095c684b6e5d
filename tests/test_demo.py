"""The demo, small: it trains in processes of its own, compares, and leaves one page."""

import json

import pytest
from pmrl_command import numbers, run


@pytest.mark.slow
def test_demo_leaves_a_page_and_its_numbers(monkeypatch, capsys, tmp_path):
    folder, target = tmp_path / "demo", tmp_path / "numbers.json"
    code, out, err = run(
        monkeypatch, capsys, "demo", "--out", folder, "--steps", 2048, "--patients", 60, "--json", target
    )
    assert code == 0, err
    found = numbers(target)
    assert {"ppo", "dqn", "fixed", "aurora", "pgpga", "random"} <= set(found["policies"])
    assert found["best_rule"] in found["policies"]
    assert {"ppo", "dqn"} == set(found["training"])
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "never for patient care" in page
    assert page.count("data:image/png;base64,") >= 6
    assert sorted(path.name for path in (folder / "policies").iterdir()) == [
        "dqn.json", "dqn.safetensors", "ppo.json", "ppo.safetensors",
    ]  # fmt: skip
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["outputs"]["report.html"]
    assert "report.html" in out


def test_a_training_that_fails_says_so(monkeypatch, capsys, tmp_path):
    code, _, err = run(monkeypatch, capsys, "demo", "--out", tmp_path / "demo", "--steps", -5)
    assert code == 2
    assert "steps -5" in err
