"""The notification of a change of rights."""

CHANNEL = "raas_rights"

# Part of the transaction that changes rights: these are rare.
NOTIFY = f"NOTIFY {CHANNEL}"
LISTEN = f"LISTEN {CHANNEL}"
