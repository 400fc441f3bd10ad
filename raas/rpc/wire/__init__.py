"""Messages and values: parses requests into what the verbs take, and writes what they answer."""
