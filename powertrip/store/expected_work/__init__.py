"""Expectations of people's work, and what they cover; those of the HIDS are in `hids`."""
