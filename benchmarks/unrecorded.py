"""`python -m benchmarks.unrecorded` serves like server.py, but keeps no record of any call: for comparison."""

import sys

from raas.usecases.calls import access

if __name__ == "__main__":
    # The workers are made by forking, after this.
    access.CallAudit = lambda keeper: None  # type: ignore[misc, assignment]
    from raas.cli import main

    sys.argv.insert(1, "serve")
    main()
