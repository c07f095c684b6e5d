"""How commands end: numbers that are none, Ctrl-C at the worst moment, a process that dies."""

from __future__ import annotations

import queue
import signal
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pmrl_command import numbers, run

from pmrl.experiments import cli, commands_benchmark, demo
from pmrl.experiments import train as training
from pmrl.experiments.execution import Stopped, stoppable
from pmrl.experiments.termination import HANGUP
from pmrl.failure import NotANumberError

BENCHMARK = ("benchmark", "warfarin", "--policies", "fixed", "--patients", 20, "--threads", 1)


def ended(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def app(**_: Any) -> None:
        raise error

    monkeypatch.setattr(cli, "app", app)


def test_a_number_that_is_none_is_exit_code_3(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    ended(monkeypatch, NotANumberError("reward is nan\nfor patient 3"))
    assert run(monkeypatch, capsys, "drugs") == (3, "", "pmrl: error: reward is nan for patient 3\n")


def test_ctrl_c_is_exit_code_130(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    ended(monkeypatch, KeyboardInterrupt())
    assert run(monkeypatch, capsys, "drugs") == (130, "", "pmrl: interrupted\n")


def test_a_comparison_that_is_stopped_at_once_keeps_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: Any, tmp_path: Path
) -> None:
    def stopped(*_: Any, **__: Any) -> None:
        raise Stopped

    monkeypatch.setattr(commands_benchmark, "run_comparison", stopped)
    code, _, err = run(monkeypatch, capsys, *BENCHMARK, "--json", tmp_path / "numbers.json")
    assert code == 130
    assert err == "pmrl: interrupted before two patients were finished; nothing was kept\n"
    assert not (tmp_path / "numbers.json").exists()


def test_ctrl_c_while_the_report_is_made_keeps_the_numbers(
    monkeypatch: pytest.MonkeyPatch, capsys: Any, tmp_path: Path
) -> None:
    def report(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(commands_benchmark, "_report", report)
    code, _, err = run(monkeypatch, capsys, *BENCHMARK, "--json", tmp_path / "numbers.json")
    assert code == 130
    assert "interrupted: 20 of 20 patients were finished" in err
    found = numbers(tmp_path / "numbers.json")
    assert found["interrupted"] is True
    assert found["policies"]["fixed"]["ttr"]["mean"] > 0.1


def test_the_first_signal_stops_and_the_second_interrupts() -> None:
    before = signal.getsignal(signal.SIGINT)
    with stoppable() as stop:
        assert not stop.is_set()
        signal.raise_signal(signal.SIGINT)
        assert stop.is_set()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.skipif(HANGUP is None, reason="there is no SIGHUP here")
@pytest.mark.parametrize("ignored", [True, False])
def test_under_nohup_a_closed_terminal_ends_nothing(ignored: bool) -> None:
    assert HANGUP is not None
    before = signal.signal(HANGUP, signal.SIG_IGN if ignored else signal.SIG_DFL)
    try:
        with stoppable() as stop:
            signal.raise_signal(HANGUP)
            assert stop.is_set() is not ignored
    finally:
        signal.signal(HANGUP, before)


def test_signals_of_other_threads_are_left_alone() -> None:
    handlers: list[Any] = []

    def work() -> None:
        with stoppable() as stop:
            handlers.extend([signal.getsignal(signal.SIGINT), stop.is_set()])

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert handlers == [signal.getsignal(signal.SIGINT), False]


def test_a_training_process_that_dies_is_named() -> None:
    workers = {name: SimpleNamespace(exitcode=code) for name, code in (("ppo", None), ("dqn", -9))}
    with pytest.raises(RuntimeError, match="the process that trained dqn ended with exit code -9"):
        demo._require_alive(workers, {})
    demo._require_alive(workers, {"dqn": demo.Finished(Path("dqn"), [], 1.0)})


def test_a_training_process_ends_with_its_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    told: queue.Queue[Any] = queue.Queue()
    for alive in (True, False):
        parent = SimpleNamespace(is_alive=lambda alive=alive: alive)
        monkeypatch.setattr(demo.multiprocessing, "parent_process", lambda parent=parent: parent)
        if alive:
            demo._tell(told, "ppo", 64, {"ttr": 0.5})
        else:
            with pytest.raises(SystemExit):
                demo._tell(told, "ppo", 128, {"ttr": 0.6})
    assert told.get_nowait() == ("ppo", (64, {"ttr": 0.5}))
    assert told.empty()


@pytest.mark.parametrize("fails", [False, True])
def test_a_training_process_sends_its_policy_or_its_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *, fails: bool
) -> None:
    error = NotANumberError("reward is nan")

    def run_training(algorithm: str, therapy: Any, *_: Any, on_progress: Any, folder: Path, **__: Any) -> Any:
        assert (algorithm, therapy.drug, folder) == ("dqn", "warfarin", tmp_path)
        on_progress(64, {"ttr": 0.5})
        if fails:
            raise error
        policy = SimpleNamespace(save=lambda path: path.with_suffix(".json"))
        return SimpleNamespace(policy=policy, curve=[{"ttr": 0.5}], seconds=2.0)

    monkeypatch.setattr(training, "run_training", run_training)
    sent: queue.Queue[Any] = queue.Queue()
    demo._work("warfarin", "dqn", tmp_path, 1, 64, sent)
    assert sent.get_nowait() == ("dqn", (64, {"ttr": 0.5}))
    path = tmp_path / "policies" / "dqn.json"
    assert sent.get_nowait() == ("dqn", error if fails else demo.Finished(path, [{"ttr": 0.5}], 2.0))
