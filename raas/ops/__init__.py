"""What operations need: settings, logs, metrics."""
