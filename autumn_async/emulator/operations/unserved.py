"""Operations whose bodies are checked, and which are then declined: not emulated yet."""

from __future__ import annotations

from functools import partial

from ..domain.failures import not_emulated
from ..pages import place_of
from ..validation import Shape, choice, number, optional, required, text
from .call import Answer, Call, Operation

FINALIZE = Shape({"lock_id": required(text()), "action": required(choice("confirm", "release"))})
CREATE_ENTITY = Shape(
    {
        "feature_id": required(text()),
        "customer_id": required(text()),
        "entity_id": required(text()),
    }
)
LIST_ENTITIES = Shape(
    {
        "start_cursor": optional(text(), default=""),
        "limit": optional(number(1, 5000, from_text=True), default=50),
    }
)


def _decline(name: str, call: Call) -> Answer:
    raise not_emulated(f"the operation {name}")


def _list_entities(call: Call) -> Answer:
    place_of(call.params["start_cursor"])
    return _decline("entities.list", call)


OPERATIONS = {
    "balances.finalize": Operation(FINALIZE, partial(_decline, "balances.finalize")),
    "entities.create": Operation(CREATE_ENTITY, partial(_decline, "entities.create")),
    "entities.list": Operation(LIST_ENTITIES, _list_entities),
}
