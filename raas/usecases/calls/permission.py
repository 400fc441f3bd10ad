"""The permission that each RPC requires, and the mandates and roles that give it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from raas.domain.rights.mandate import MandatePermission
from raas.domain.rights.role import Role


class Permission(Enum):
    """The permission that an RPC requires; the owner of a register may do everything with it.

    Names equal those of the proto enum CallPermission.
    """

    READ = "a mandate to read the register"
    WRITE = "a mandate to write the register"
    SUBSCRIBE = "a mandate to subscribe to the mutations of the register"
    ADMINISTER = "a mandate to administer the register"
    CHECK = "a mandate to read the register, or the role of router"
    ROUTE = "the role of router"
    ADMINISTRATION = "the role of administrator"
    PERSON_REGISTRATION = "the role of person registrar"
    PERSON_CHECK = "the role of person checker"
    SOURCE = "the role of authentic source"
    AUDIT = "the role of auditor, or the register is the caller's own"
    VERIFICATION = "the role of auditor"
    IDENTIFIED = "no right: the call shows every caller its own"


MANDATES: Mapping[Permission, MandatePermission] = {
    Permission.READ: MandatePermission.READ,
    Permission.WRITE: MandatePermission.WRITE,
    Permission.SUBSCRIBE: MandatePermission.SUBSCRIBE,
    Permission.ADMINISTER: MandatePermission.ADMINISTER,
    Permission.CHECK: MandatePermission.READ,
}
"""The permission of a mandate that opens another organisation's register."""

ROLES: Mapping[Permission, Role] = {
    Permission.ROUTE: Role.ROUTER,
    Permission.ADMINISTRATION: Role.ADMINISTRATOR,
    Permission.PERSON_REGISTRATION: Role.PERSON_REGISTRAR,
    Permission.PERSON_CHECK: Role.PERSON_CHECKER,
    Permission.SOURCE: Role.AUTHENTIC_SOURCE,
    Permission.VERIFICATION: Role.AUDITOR,
}
"""The role without which the RPC is refused as a whole. CHECK also opens registers by the role ROUTER."""
