"""What nights on rented machines cost and risk: the hazard of interruption, the planner, and the ledger of past nights."""
