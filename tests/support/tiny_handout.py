"""Provide the smallest valid handout; tests change one thing in it."""

TINY = """\
id: tiny
title: A tiny handout
audiences: [general, ckd]
language: en
version: 2026-11-22
purpose: Show the least that a handout can be
message: One message.
review: {status: draft, reviewer: null, reviewed: null, due: null}
red_flags:
  - {id: chest, tier: now, card: true, text: Chest pain}
card: {title: When to get help}
sections:
  - id: one
    title: What is this?
    blocks:
      - text: {general: For everyone here., ckd: For kidneys here.}
"""

# The line that `teachback approve` writes for it. A program that hashes the same text differently
# would revoke all approvals.
TINY_APPROVED = "approved: {general: d561f574e85d8ec8, ckd: c520570b3e008215}"
# With a red flag of each tier.
THREE = TINY.replace(
    "  - {id: chest,",
    "  - {id: two, tier: today, card: true, text: A swollen leg}\n  - {id: three, tier: "
    "visit, card: true, text: Cramps}\n  - {id: chest,",
)
# A section's block that shows the tiers as zones.
ZONES = """\
      - zones:
          - {zone: green, title: You are well, signs: [No pain], do: [Rest.]}
          - {zone: yellow, do: [Cool it.]}
          - {zone: red}
"""
