"""Writing the ledger's tables, set by set: the only code that does."""
