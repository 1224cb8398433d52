"""Referral programs, the codes that customers hand out, and what became of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from .failures import ApiError, refused, reward_not_found

if TYPE_CHECKING:
    from .customers import Customer
    from .ids import Ids
    from .rewards import Reward

CODE_CHARS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
CODE_LENGTH: Final = 6


class Program(Struct, eq=False):
    """What a referral brings, to whom and when."""

    id: str
    reward: Reward
    redeem_on: str
    received_by: str
    created_at: int
    max_redemptions: float | None = None
    plan_ids: Sequence[str] = ()
    exclude_trial: bool = False


class Code(Struct, eq=False):
    """A customer's code in one program."""

    code: str
    program: Program
    owner: Customer
    created_at: int


class Redemption(Struct, eq=False):
    """Somebody has used a code; `applied` once its reward has been given."""

    id: str
    code: Code
    redeemer: Customer
    created_at: int
    applied: bool = False


class ReferralBook:
    """Programs, codes and redemptions of an environment."""

    def __init__(self) -> None:
        self._programs: dict[str, Program] = {}
        self._codes: dict[str, Code] = {}
        self._redemptions: list[Redemption] = []

    def programs(self) -> list[Program]:
        return list(self._programs.values())

    def find(self, program_id: str) -> Program | None:
        return self._programs.get(program_id)

    def get(self, program_id: str) -> Program:
        program = self.find(program_id)
        if program is None:
            message = f"Referral program {program_id} not found"
            raise ApiError(404, "reward_program_not_found", message)
        return program

    def add(self, program: Program) -> None:
        if program.id in self._programs:
            raise refused(f"Referral program {program.id} already exists")
        self._programs[program.id] = program

    def remove(self, program_id: str) -> None:
        """Ends a program; its codes lead nowhere from then on."""
        program = self._named(program_id)
        del self._programs[program_id]
        self._codes = {key: c for key, c in self._codes.items() if c.program is not program}

    def code_of(self, customer: Customer, program_id: str, ids: Ids, now: int) -> Code:
        """The customer's code in a program, made when it is asked for the first time."""
        program = self._named(program_id)
        for code in self._codes.values():
            if code.owner is customer and code.program is program:
                return code
        code = Code(self._fresh(ids), program, customer, now)
        self._codes[code.code] = code
        return code

    def code(self, code: str) -> Code:
        found = self._codes.get(code)
        if found is None:
            raise ApiError(404, "referral_code_not_found", "Referral code not found")
        return found

    def add_redemption(self, redemption: Redemption) -> None:
        self._redemptions.append(redemption)

    def redemptions_of(self, customer: Customer) -> Iterator[Redemption]:
        return (each for each in self._redemptions if each.redeemer is customer)

    def made_by(self, customer: Customer) -> list[Redemption]:
        """Who redeemed codes of this customer."""
        return [each for each in self._redemptions if each.code.owner is customer]

    def applied(self, code: Code) -> int:
        """How often a code has brought its reward."""
        return sum(each.applied for each in self._redemptions if each.code is code)

    def forget(self, customer: Customer) -> None:
        self._codes = {key: c for key, c in self._codes.items() if c.owner is not customer}
        self._redemptions = [
            each for each in self._redemptions if customer not in (each.redeemer, each.code.owner)
        ]

    def _named(self, program_id: str) -> Program:
        program = self.find(program_id)
        if program is None:
            raise reward_not_found("Reward program not found")
        return program

    def _fresh(self, ids: Ids) -> str:
        while (code := ids.code(CODE_CHARS, CODE_LENGTH)) in self._codes:
            pass
        return code
