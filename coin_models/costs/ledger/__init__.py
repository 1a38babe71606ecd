"""The accounts of past nights: what training cost, and where each second and cent went. Reads rows; the sums are pure."""
