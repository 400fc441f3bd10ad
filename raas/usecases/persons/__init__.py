"""The use cases of PersonService: search, read, create, update and import persons; change numbers."""
