"""Doors of mobility."""
