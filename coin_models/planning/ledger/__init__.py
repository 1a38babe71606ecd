"""The ledger: what training cost, and how each second and cent was used. Rows are read here; the sums are pure."""
