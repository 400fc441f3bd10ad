"""The wiring of parts of a server: each builds its part from the settings."""
