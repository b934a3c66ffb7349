"""Runs that are killed, starved or lied to by the disk. See docs/reliability.md."""
