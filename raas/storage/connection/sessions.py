"""The sessions of servers, as a database command sees them."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.storage.connection.database import COMMAND_SUFFIX
from raas.storage.connection.query import fetch

# The application name of a command is that of a server and a suffix; whatever the DSN says, it says to both.
_SERVERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND application_name || %(suffix)s = current_setting('application_name')"""


async def server_sessions(engine: AsyncEngine) -> int:
    """The number of sessions of servers on the database; `engine` is one of a command, in autocommit.

    A server that runs has one at least. Raises StoreUnavailable, StoreFault.
    """
    ((number,),) = await fetch(engine, _SERVERS, {"suffix": COMMAND_SUFFIX})
    return int(number)
