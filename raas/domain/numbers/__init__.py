"""The numbers that identify persons and organisations."""
