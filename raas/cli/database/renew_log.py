"""`raas renew-log`: gives logs a new id, so that their subscribers start again."""

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
from raas.cli.server.options import Json

if TYPE_CHECKING:
    from raas.domain.registers.register import Register
    from raas.ops.settings import Settings


def renew_log(
    register: OneRegister = None,
    all_registers: AllRegisters = False,
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Give logs a new id after a restore.

    A restored database has lost revisions that subscribers know, and will assign their numbers to other
    changes. This command ends the streams of the subscribers and refuses to resume them (LOG_REPLACED), so
    that they start again with a snapshot. The contents of the registers do not change. All logs are renewed,
    or none.

    Exit status: 0 renewed, 1 failed, 130 interrupted.
    """
    from raas.usecases.admin.command_record import Command

    number = chosen_register(register, all_registers)
    renewed: list[Register] = []

    def work(dsn: str, _: Settings) -> None:
        from raas.maintenance import database as maintenance

        renewed.extend(maintenance.renew(dsn, number))

    command = Command("raas renew-log", {"all": all_registers}, number)
    ending = work_on_database(database_url, data_dir, work, command)
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
    return f"logs renewed: {len(renewed):,}; their subscribers start again with a snapshot"
