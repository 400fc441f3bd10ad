"""The store in memory: the ports of raas.usecases.ports without a database, for tests and fake servers.

Every store is made on one MemoryState and sees what the others wrote. Nothing is durable and nothing is fast.
tests/contract holds these stores and those of raas.storage to the same promises.
"""
