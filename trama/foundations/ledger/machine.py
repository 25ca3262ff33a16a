"""The pure state machine of the ledger."""
