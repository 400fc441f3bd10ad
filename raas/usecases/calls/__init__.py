"""Common parts of calls: caller, access control, pages, limits."""
