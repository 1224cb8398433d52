"""Decisions without the network: from the balances last known, less what was tracked since.

    cached = autumn.cached(max_age=30, stale=300)
    decision = await cached.check(customer_id="cus_123", feature_id="messages")

One request brings all that is known of a customer, or of one entity; it answers the checks of all
their features until it is too old.

    known for                      the answer
    -----------------------------  ---------------------------------------------------------------
    at most `max_age`              from memory (`cache`)
    at most `max_age` + `stale`    from memory (`stale`), while new balances are fetched behind it
    longer, or not at all          from balances that are fetched first, once for all who wait

A yes is given only as far as the balances reach without the usage that was tracked since they were
asked for: through the same client, or by its trackers. Whatever balance such usage may have come
off, it is taken off each. Where that makes the difference between a yes and a no, new balances are
fetched, off which only usage is taken that Autumn hasn't got yet; where the balances said no in the
first place, they are fetched again, at most once a second, since the customer may have paid.

What is decided by rules that only the server knows in full is asked there every time; so are
locks, and checks that use units up.
"""
