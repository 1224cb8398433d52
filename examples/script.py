"""A script: who has used up more than half of a feature?

AUTUMN_SECRET_KEY=am_sk_... python examples/script.py messages
"""

from __future__ import annotations

import sys

from autumn_async import Autumn


def main(feature_id: str) -> None:
    """Prints the customers, the busiest first."""
    with Autumn() as autumn:
        balances = [
            (customer.id, customer.balances[feature_id])
            for customer in autumn.customers.list(limit=100)  # fetches page after page
            if feature_id in customer.balances
        ]
    balances.sort(key=lambda pair: -pair[1].usage)
    for customer_id, balance in balances:
        if balance.usage * 2 > balance.granted:
            print(f"{customer_id}: {balance.usage:g} of {balance.granted:g}")


if __name__ == "__main__":
    main(sys.argv[1])
