"""`python -m benchmarks.unrecorded` serves like server.py, but keeps no record of any call."""

import sys
from unittest.mock import patch

from raas.usecases.calls import access

if __name__ == "__main__":
    from raas.cli import main

    sys.argv.insert(1, "serve")
    # The workers are forked inside.
    with patch.object(access, "CallAudit", lambda keeper: None):
        main()
