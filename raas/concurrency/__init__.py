"""Primitives of asyncio that the use cases and the store share."""
