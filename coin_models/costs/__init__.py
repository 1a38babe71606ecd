"""What nights on rented machines cost and risk: prices, the hazard of interruption, the cost plan (which machine to rent)."""
