"""Reading dossiers, history and registers."""
