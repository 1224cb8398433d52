"""customers.advance_test_clock"""

from __future__ import annotations

from ..domain.failures import refused
from ..keys import SANDBOX
from ..validation import Shape, moment, required, text
from .call import Answer, Call, Operation

ADVANCE = Shape({"customer_id": required(text()), "frozen_time": required(moment(whole=True))})


def run_advance(call: Call) -> Answer:
    """From now on the customer's time stands still, until the next advance."""
    if call.env.name != SANDBOX:
        raise refused("Test clocks are only available in the sandbox environment")
    customer, frozen_time = call.customer(), call.params["frozen_time"]
    if frozen_time < call.now:
        raise refused(f"frozen_time must not be before the customer's time, {call.now}")
    customer.frozen_at = frozen_time
    call.up_to_date(customer)
    return {"customer_id": customer.id, "frozen_time": frozen_time, "status": "ready"}


OPERATIONS = {"customers.advance_test_clock": Operation(ADVANCE, run_advance)}
