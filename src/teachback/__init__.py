"""Teachback prints what a clinic hands to a patient: handouts and wallet cards, for each reader."""

__version__ = "0.1.0"
