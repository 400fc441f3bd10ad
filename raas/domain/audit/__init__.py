"""The audit and its proof: records, chains, the Merkle tree over all records, checkpoints, verification.

docs/audit-format.md defines every byte. Nothing here signs or stores: keys and tables belong to other rooms.
"""
