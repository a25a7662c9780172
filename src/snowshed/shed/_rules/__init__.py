"""The operator's own rules: a condition on what the service measures, and what then happens."""
