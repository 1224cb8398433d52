"""The billing rules: features, plans, customers, balances. No I/O, no wall clock, no HTTP."""
