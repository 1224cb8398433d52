"""Coupons on invoices: what they take off which lines, and for how long."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from .failures import ApiError, refused
from .intervals import add_months
from .invoices import LineItem, Reduction

if TYPE_CHECKING:
    from .customers import Customer
    from .rewards import Coupon, PromoCode, Reward
    from .subscriptions import Subscription


class Discount(Struct, frozen=True):
    """A coupon that a customer has been given. `ends_at` None: for good; 0: for one invoice."""

    reward_id: str
    reward_name: str
    coupon: Coupon
    started_at: int
    ends_at: int | None

    @property
    def once(self) -> bool:
        """Is it for one invoice only?"""
        return self.ends_at == 0

    def lasts(self, moment: int) -> bool:
        return self.ends_at is None or self.ends_at > moment


def discount_from(reward: Reward, now: int) -> Discount:
    if reward.coupon is None:
        raise refused(f"Reward {reward.id} is not a discount")
    kind, length = reward.coupon.duration["type"], reward.coupon.duration.get("length")
    ends_at = 0 if kind == "one_off" else None
    if kind == "months":
        ends_at = add_months(now, int(length or 1))
    return Discount(reward.id, reward.name, reward.coupon, now, ends_at)


def redeemable(reward: Reward, promo: PromoCode, customer: Customer) -> None:
    """Refuses a code that has been used too often, or that is for a first payment only."""
    if promo.used_up(reward):
        message = f'Code "{promo.code}" has reached max redemptions'
        raise ApiError(400, "referral_code_max_redemptions_reached", message)
    if promo.first_time_only and any(each.status == "paid" for each in customer.invoices):
        raise refused(f'Code "{promo.code}" is for customers who have not paid before')


def coupons(customer: Customer, cycle: Subscription | None, moment: int) -> list[Discount]:
    """What is taken off an invoice of that moment: for a cycle, and for whatever is paid."""
    own = customer.discount
    alive = [own] if own and (own.once or own.lasts(moment)) else []
    return [*(each for each in (cycle.discounts if cycle else ()) if each.lasts(moment)), *alive]


def discounted(lines: Iterable[LineItem], discounts: Sequence[Discount]) -> list[LineItem]:
    """The lines with what is taken off them; credits are not reduced."""
    reduced = list(lines)
    for discount in discounts:
        left = discount.coupon.value
        for index, line in enumerate(reduced):
            if not _concerns(discount, line):
                continue
            if discount.coupon.type == "percentage_discount":
                off = line.amount * discount.coupon.value / 100
            else:
                off = left
            off = max(0, min(off, line.total))
            left -= off
            share = Reduction(discount.reward_id, discount.reward_name, off)
            reduced[index] = replace(line, reductions=(*line.reductions, share))
    return reduced


def note_billed(customer: Customer, cycle: Subscription | None, lines: Iterable[LineItem]) -> None:
    """Remembers which part of each price was billed, and uses up what is for one invoice only."""
    for line in lines:
        if cycle and line.period and line.amount > 0:
            cycle.reduced.pop((line.plan_id, line.feature_id), None)
            if line.reductions:
                cycle.reduced[line.plan_id, line.feature_id] = line.total / line.amount
        own = customer.discount
        if own and own.once and any(each.reward_id == own.reward_id for each in line.reductions):
            customer.discount = None


def as_paid(cycle: Subscription | None, credits: Iterable[LineItem]) -> list[LineItem]:
    """What comes back of prices is what was paid for them, not what a coupon took off."""
    reduced = cycle.reduced if cycle else {}
    return [
        replace(line, amount=line.amount * reduced.get((line.plan_id, line.feature_id), 1))
        for line in credits
    ]


def _concerns(discount: Discount, line: LineItem) -> bool:
    plan_ids = discount.coupon.plan_ids
    return line.amount > 0 and (plan_ids is None or line.plan_id in plan_ids)
