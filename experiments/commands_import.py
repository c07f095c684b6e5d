"""The command that turns a zip of stable-baselines3 into a policy that cannot run code."""

from __future__ import annotations

from pathlib import Path

from pmrl.envs.registry import therapy
from pmrl.experiments.output import Output
from pmrl.experiments.printing import say


def run_import(
    file: Path, drug: str, trusted: bool, name: str, seed: int, out: Path, json_file: Path | None
) -> None:
    """Read a zip, and write the policy's two files.

    Raises:
        InputError: the file is not trusted, or no policy of this drug; nothing is written then.
    """
    from pmrl.agents.policy_file import files_of, require_name
    from pmrl.agents.sb3_import import import_policy

    chosen = therapy(drug)
    require_name(name)
    policy = import_policy(file, chosen, name, trusted)
    output = Output("import-sb3", out, json_file, seed, [file, *files_of(out / name)])
    path = policy.save(out / name)
    say(f"policy: {path}", markup=False, soft_wrap=True)
    output.finish({"policy": path.name, "algorithm": policy.card.algorithm, "actions": policy.card.actions})
