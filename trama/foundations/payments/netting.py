"""Netting of a clearing matrix: pure."""
