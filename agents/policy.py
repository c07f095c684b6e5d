"""The one interface of everything that chooses a dose."""

from __future__ import annotations

from typing import Literal, Protocol, runtime_checkable

from pmrl.envs.visit import Prescription, Visit

Kind = Literal["rule", "model-based", "learned", "oracle"]


@runtime_checkable
class Policy(Protocol):
    """A prescriber, batched over patients.

    `start` is called once before the first visit of a batch of patients and forgets the previous batch;
    `prescribe` at every visit. Policies keep what they must remember between visits as arrays over the
    patients of the batch, in the batch's order.
    """

    @property
    def name(self) -> str:
        """The name under which results are reported."""
        ...

    @property
    def kind(self) -> Kind:
        """What sort of prescriber this is; only oracles receive the truth."""
        ...

    def start(self, visit: Visit) -> None:
        """Forget everything and prepare for the patients of `visit`."""
        ...

    def prescribe(self, visit: Visit) -> Prescription:
        """Doses until the next visit, for every patient of `visit`."""
        ...
