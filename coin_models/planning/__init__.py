"""What nights on rented machines cost and risk: prices, hazard of interruption, which to rent. Not the plan of coin-days."""
