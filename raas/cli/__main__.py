"""`python -m raas.cli` is `raas`."""

from raas.cli import main

if __name__ == "__main__":
    main()
