"""What programs read of Powertrip, and announce to it. The contract of all of it is `openapi.json`."""
