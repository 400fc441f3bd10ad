"""A store in memory, for tests; it fulfils the same ports as raas.storage."""
