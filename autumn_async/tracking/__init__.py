"""Usage that is never lost and never billed twice, as far as a client can see to it.

    async with autumn.tracker(SQLiteStore("usage-outbox")) as tracker:
        tracker.track(customer_id="cus_123", feature_id="messages")       # never blocks
        await tracker.put(customer_id="cus_123", feature_id="messages")   # returns once it's stored

An event gets its idempotency key, is checked and is encoded in `track`. It is stored together with
its neighbours as the body of a request, and deleted once Autumn has taken that body. A request that
may have arrived is repeated byte for byte, under the same keys, and Autumn counts a key once. Small
bodies that surely were not taken are put together, so that an outage ends with few requests.

    track -> buffered -> stored -> sending -> accepted
                            \\         \\---> accepted as a duplicate
                             \\         \\--> a dead letter, with the reason
                              \\--------> a dead letter: its customer doesn't exist

What the server itself may still lose or count twice, and no client can prevent:

    how events travel          can still be lost                       can still count twice
    -------------------------  --------------------------------------  ---------------------------
    in batches, a key each     events whose queueing failed in         while the server's store of
    (the default)              silence: `assurance="resend"` brings    keys is down
                               them back; unknown entities
    one by one, in order       an event whose key somebody else used   a 5xx answer or a timeout
    (`ordered=True`)                                                    after it was counted

A key lives 24 hours, unless the organisation has set another lifetime. Events that may have been
taken and whose keys have expired since are not sent blindly: they become dead letters
(`ambiguous_expired`). Events that were never sent may wait for as long as it takes; they count in
the period in which they arrive.
"""
