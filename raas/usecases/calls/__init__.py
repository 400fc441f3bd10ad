"""Common parts of calls: caller, access control, rights, audit, pages."""
