"""Sealed days: the taps and priced rows of closed service days, as files that are never edited.

    <home>/days/<city>/<YYYY-MM-DD>/{taps,prices,carry}-r<revision>.parquet

See docs/decisions/0003-sealed-days.md for the layout and why.
"""
