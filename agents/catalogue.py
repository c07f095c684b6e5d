"""From what a user writes to a policy: a rule's name, a shipped policy, a policy file, or module:Class."""

from __future__ import annotations

from importlib import import_module
from importlib.resources import files
from pathlib import Path

from pmrl.agents.policy import Policy
from pmrl.agents.registry import names_for, oracles, planners
from pmrl.agents.registry import policy as rule
from pmrl.envs.therapy import Therapy
from pmrl.errors import InputError, unknown


def zoo(therapy: Therapy) -> dict[str, Path]:
    """Trained policies that ship for a therapy: name -> path of the JSON."""
    folder = Path(str(files("pmrl.agents"))) / "zoo" / therapy.drug
    return {path.stem: path for path in sorted(folder.glob("*.json"))}


def resolve(text: str, therapy: Therapy) -> Policy:
    """The policy that `text` means for a therapy.

    Raises:
        InputError: there is none; with the nearest name.
    """
    if text.endswith((".json", ".safetensors")):
        return _learned(Path(text), therapy)
    if ":" in text:
        return _imported(text, therapy)
    shipped = zoo(therapy)
    if text in shipped:
        # An installer may link what it installs; a link that is given by its path is refused.
        return _learned(shipped[text].resolve(), therapy)
    known = [*names_for(therapy), *planners(therapy), *oracles()]
    if "+" not in text and text != "aaa" and text not in known:
        fix = "Or START+PROTOCOL, the path of a policy's .json, or module:Class."
        raise unknown(f"policy of {therapy.drug}", text, [*known, *shipped], fix)
    return rule(text, therapy)


def _learned(path: Path, therapy: Therapy) -> Policy:
    # torch takes a second to import, and rules do without it.
    from pmrl.agents.learned import LearnedPolicy

    return LearnedPolicy.load(path, therapy)


def _imported(text: str, therapy: Therapy) -> Policy:
    module, _, name = text.partition(":")
    try:
        made = getattr(import_module(module), name)(therapy)
    except (ImportError, AttributeError, TypeError, ValueError) as error:
        raise InputError(
            f"cannot make policy '{text}': {error}; give module:Class of an importable module"
        ) from None
    if not isinstance(made, Policy):
        raise InputError(f"'{text}' is not a policy: it needs name, kind, start(visit) and prescribe(visit)")
    return made


def resolve_all(text: str, therapy: Therapy) -> list[Policy]:
    """The policies of a comma list.

    In it, 'rules' are the therapy's rules, 'learned' its shipped policies, 'bayes' the planners, 'oracles'
    the oracles, and 'all' all of them.

    Raises:
        InputError: an unknown or repeated policy, or none.
    """
    groups = {
        "rules": [*names_for(therapy)],
        "learned": [*zoo(therapy)],
        "bayes": [*planners(therapy)],
        "oracles": [*oracles()],
    }
    groups["all"] = [name for group in groups.values() for name in group]
    names: list[str] = []
    for part in filter(None, map(str.strip, text.split(","))):
        names += groups.get(part, [part])
    policies = [resolve(name, therapy) for name in names]
    if not policies:
        raise InputError(f"policies '{text}': give 'all' or a comma list, such as 'fixed,aurora'")
    found = [policy.name for policy in policies]
    for name in found:
        if found.count(name) > 1:
            raise InputError(f"policy '{name}' is given twice: results are reported by name, give each once")
    return policies
