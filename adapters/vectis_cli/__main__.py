"""``python -m vectis_cli`` is ``vectis``."""

from vectis_cli.root import main

main(prog_name="vectis")
