"""Close a service day: price, charge, clear, settle. Kill it and run it again (decision 8)."""

from trama.programmes.mobility.actions.closing.running import close_day

__all__ = ["close_day"]
