"""`raas renew-log`: tells all who follow a log that what they know of it is void."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raas.cli.database.connection import (
    AllRegisters,
    DatabaseUrl,
    DataDir,
    OneRegister,
    chosen_register,
    work_on_database,
)
from raas.cli.server.connection import Json

if TYPE_CHECKING:
    from raas.domain.registers.register import Register


def renew_log(
    register: OneRegister = None,
    all_registers: AllRegisters = False,
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Give logs another identity, after a restore.

    A restored database has forgotten revisions that subscribers know, and will give their numbers to other
    changes. After this command their streams end, and resuming is refused with LOG_REPLACED: they begin again
    with a snapshot. The contents of the registers stay as they are. All logs are renewed, or none.

    Exit status: 0 renewed, 1 failed, 130 interrupted.
    """
    number = chosen_register(register, all_registers)
    renewed: list[Register] = []

    def work(dsn: str) -> None:
        from raas import maintenance as upkeep

        renewed.extend(upkeep.renew(dsn, number))

    ending = work_on_database(database_url, data_dir, work)
    ending.tell({"registers": [_as_json(each) for each in renewed]}, _sentence(renewed), as_json=as_json)


def _as_json(register: Register) -> dict[str, str]:
    from raas.domain.numbers.enterprise_number import enterprise_number_text

    return {
        "register": enterprise_number_text(register.enterprise_number),
        "log_id": str(register.log_id),
    }


def _sentence(renewed: list[Register]) -> str:
    if not renewed:
        return ""
    return f"logs renewed: {len(renewed):,}; whoever follows them begins again with a snapshot"
