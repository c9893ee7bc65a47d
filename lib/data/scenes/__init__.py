"""Rendered landscapes, the embedded default data."""
