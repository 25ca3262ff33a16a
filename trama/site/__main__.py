"""`python -m trama.site COMMAND`, where the console script is not on the path."""

from trama.site.cli import main

main()
