"""Where a reader of the stream stands, and where it keeps that."""
