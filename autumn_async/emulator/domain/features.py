"""Features: what can be granted, and which credit systems and event names lead to them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from .credits import Member, check_dimensions
from .failures import ApiError, feature_not_found, invalid_feature

CREDIT_SYSTEMS = ("credit_system", "ai_credit_system")


class Feature(Struct, eq=False):
    """A feature of one environment. Compared by identity: its id may be changed."""

    id: str
    name: str
    type: str
    consumable: bool
    created_at: int
    event_names: list[str] = []
    schema: tuple[Member, ...] = ()
    markups: dict[str, Any] = {}
    display: dict[str, Any] | None = None
    combine: str | None = None
    archived: bool = False
    rows: int = 0
    """Balance rows that customers hold for it."""

    @property
    def boolean(self) -> bool:
        return self.type == "boolean"

    @property
    def credit_system(self) -> bool:
        return self.type in CREDIT_SYSTEMS

    @property
    def continuous(self) -> bool:
        """Seats and the like: used and freed again, never reset."""
        return not self.consumable and not self.boolean

    def called(self, count: float) -> str:
        """Its name for so many of it."""
        word = (self.display or {}).get("singular" if count == 1 else "plural")
        return str(word) if word else self.name


Selection = Callable[[Feature], bool]
"""Says of each feature whether it is meant."""


def none_of_them(feature: Feature) -> bool:
    return False


def all_of_them(feature: Feature) -> bool:
    return True


class Funding(Struct, frozen=True):
    """A credit system that pays for a feature, and on which terms."""

    system: Feature
    member: Member


class FeatureBook:
    """All features of an environment, found by id, by event name, by what pays for them."""

    def __init__(self) -> None:
        self._by_id: dict[str, Feature] = {}
        self._funding: dict[str, list[Funding]] = {}
        self._by_event: dict[str, list[Feature]] = {}

    def find(self, feature_id: str) -> Feature | None:
        return self._by_id.get(feature_id)

    def get(self, feature_id: str) -> Feature:
        feature = self._by_id.get(feature_id)
        if feature is None:
            raise feature_not_found(feature_id)
        return feature

    def listed(self) -> list[Feature]:
        """Oldest first, archived ones last."""
        return sorted(self._by_id.values(), key=lambda feature: feature.archived)

    def funding(self, feature: Feature) -> Iterable[Funding]:
        """The credit systems that list it, oldest first."""
        return self._funding.get(feature.id, ())

    def rate(self, feature_id: str, system_id: str) -> float | None:
        """What the first unit of a feature costs in a credit system; None if it isn't a member."""
        for funding in self._funding.get(feature_id, ()):
            if funding.system.id == system_id:
                return funding.member.rate_of({}).credits(0, 1)
        return None

    def by_event(self, event_name: str) -> Iterable[Feature]:
        """The features an event of this name is tracked on."""
        return self._by_event.get(event_name, ())

    def add(self, feature: Feature) -> None:
        self.require_free(feature.id)
        self._by_id[feature.id] = feature
        self.reindex()

    def remove(self, feature: Feature) -> None:
        del self._by_id[feature.id]
        self.reindex()

    def rename(self, feature: Feature, new_id: str) -> None:
        """Gives it a new id, in credit schemas too; its place in the list stays."""
        old_id, feature.id = feature.id, new_id
        for system in self._by_id.values():
            system.schema = tuple(
                replace(row, feature_id=new_id) if row.feature_id == old_id else row
                for row in system.schema
            )
        self._by_id = {each.id: each for each in self._by_id.values()}
        self.reindex()

    def require_free(self, feature_id: str) -> None:
        if feature_id in self._by_id:
            message = f"Feature {feature_id} already exists"
            raise ApiError(409, "duplicate_feature_id", message)

    def check_schema(self, kind: str, schema: tuple[Member, ...]) -> None:
        """The rules of a credit schema; members that don't exist are tolerated."""
        if kind == "ai_credit_system":
            if schema:
                raise invalid_feature(
                    "AI credit systems are leaf features and cannot define a schema."
                    " Model rates live in model_markups."
                )
            return
        if not schema:
            raise invalid_feature("At least one metered feature is required for credit system")
        if len({row.feature_id for row in schema}) < len(schema):
            raise invalid_feature("Credit system contains multiple of the same metered_feature_id")
        for row in schema:
            self._check_member(row.feature_id)
            check_dimensions(row)

    def _check_member(self, feature_id: str) -> None:
        member = self._by_id.get(feature_id)
        if member is None:
            return
        if member.type == "credit_system":
            raise invalid_feature(
                f"Credit system schema cannot reference another credit system ({feature_id})."
                " Only metered or AI credit features are allowed."
            )
        if member.continuous:
            raise invalid_feature(
                f"Credit system schema cannot reference continuous feature {feature_id}."
                " Only consumable (single-use) metered features are allowed."
            )

    def reindex(self) -> None:
        """To be called after a schema or the event names of a feature have changed."""
        self._funding = {}
        self._by_event = {}
        for feature in self._by_id.values():
            for row in feature.schema:
                funding = Funding(feature, row)
                self._funding.setdefault(row.feature_id, []).append(funding)
            for name in feature.event_names:
                self._by_event.setdefault(name, []).append(feature)
