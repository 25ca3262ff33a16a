"""The pages of mobility, by what they are about."""
