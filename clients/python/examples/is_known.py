"""Is a person known on a day? python is_known.py NISS DAY

An example without asyncio, for commands, scripts and synchronous web applications.
"""

import os
import sys

from raas_client import RaasClient, RaasError
from raas_client.reasons import NissMalformed

TARGET = os.environ.get("RAAS_TARGET", "127.0.0.1:50051")


def main(niss: str, day: str) -> int:
    with RaasClient(TARGET, enterprise_number="0999999922", language="nl").blocking() as caller:
        try:
            explained = caller.run(caller.client.explain(niss, day))
        except NissMalformed as refused:
            print(refused.violations[0].message)
            return 2
        except RaasError as error:
            print(f"No answer: {error}", file=sys.stderr)
            return 1
    print("known" if explained.known else "not known", "-", explained.sentence)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
