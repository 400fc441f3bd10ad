"""Show the register of a caller that proves who it is, by a client certificate or a token, over TLS.

    RAAS_TARGET=raas.example.be:443 python with_credentials.py ca.pem client.pem client.key
    RAAS_TARGET=raas.example.be:444 python with_credentials.py ca.pem token.txt

The files may be replaced while a program runs: the client reads them again.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from raas_client import CallFailed, RaasClient, Refused, Tls


def main(target: str, ca: str, *files: str) -> int:
    if len(files) == 2:
        certificate, key = files
        client = RaasClient(target, tls=Tls.from_files(ca, certificate, key))
    else:
        (token,) = files
        client = RaasClient(target, tls=Tls.from_files(ca), token=Path(token))
    with client.blocking() as caller:
        try:
            register = caller.run(caller.client.get_register())
        except (Refused, CallFailed) as error:
            # The notes say what to do about the certificate or the token.
            print(error, *getattr(error, "__notes__", ()), sep="\n")
            return 1
    print(register.enterprise_number, register.name)
    return 0


if __name__ == "__main__":
    sys.exit(main(os.environ.get("RAAS_TARGET", "127.0.0.1:50051"), *sys.argv[1:]))
