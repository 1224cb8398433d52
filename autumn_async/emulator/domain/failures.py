"""What the API says no with: a status, a code, a message."""

from __future__ import annotations


class ApiError(Exception):
    """An answer of status 400 or above; the code is what programs look at."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def refused(message: str, *, status: int = 400) -> ApiError:
    """A business rule without a code of its own."""
    return ApiError(status, "invalid_request", message)


def invalid_input(path: str, text: str) -> ApiError:
    """A rule found broken after validation, reported as validation does."""
    return ApiError(400, "invalid_inputs", f"{path}: {text}")


def invalid_inputs(message: str) -> ApiError:
    return ApiError(400, "invalid_inputs", message)


def invalid_feature(message: str) -> ApiError:
    return ApiError(400, "invalid_feature", message)


def customer_not_found(customer_id: str) -> ApiError:
    return ApiError(404, "customer_not_found", f"Customer {customer_id} not found")


def entity_not_found(entity_id: str) -> ApiError:
    return ApiError(404, "entity_not_found", f"Entity {entity_id} not found")


def feature_not_found(feature_id: str) -> ApiError:
    return ApiError(404, "feature_not_found", f"Feature {feature_id} not found")


def plan_not_found(plan_id: str, version: float | None = None) -> ApiError:
    which = plan_id if version is None else f"{plan_id} (version {version})"
    return ApiError(404, "product_not_found", f"Product {which} not found")


def reward_not_found(message: str) -> ApiError:
    return ApiError(404, "reward_not_found", message)


def insufficient_balance(value: float, feature_id: str) -> ApiError:
    text = f"Insufficient balance to deduct {value} from feature {feature_id}"
    return ApiError(400, "insufficient_balance", text)


def not_emulated(what: str) -> ApiError:
    """Autumn has it, this emulator doesn't (yet); 501 so that nobody takes it for Autumn's word."""
    return ApiError(501, "not_emulated", f"The emulator does not serve {what} yet")
