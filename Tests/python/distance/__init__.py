"""Runs whose inputs lie on servers that fail. See docs/reliability.md."""
