"""The ledger: what training cost, where each second and cent went. Its rows are read here; its sums are pure."""
