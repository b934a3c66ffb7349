"""Damaged inputs: what readers make of files that are not what they seem. See docs/reliability.md."""
