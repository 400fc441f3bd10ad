"""`python server.py` runs `raas serve`."""

import sys

from raas.cli import main

if __name__ == "__main__":
    sys.argv.insert(1, "serve")
    main()
