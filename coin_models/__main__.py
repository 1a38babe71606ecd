"""`python -m coin_models` is the command `coin-models`."""

from coin_models.cli.main import main

main()
