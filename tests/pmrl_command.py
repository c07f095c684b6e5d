"""Runs the `pmrl` command inside the test process."""

import json
import sys

import pytest

from pmrl.experiments.cli import main


def run(monkeypatch, capsys, *arguments):
    """(exit code, standard output, standard error) of `pmrl ARGUMENTS`."""
    monkeypatch.setattr(sys, "argv", ["pmrl", *map(str, arguments)])
    with pytest.raises(SystemExit) as stopped:
        main()
    out, err = capsys.readouterr()
    return stopped.value.code, out, err


def numbers(path):
    """A JSON file, with NaN and infinity refused."""

    def refuse(text):
        raise AssertionError(f"{path} holds {text}")

    return json.loads(path.read_text(), parse_constant=refuse)
