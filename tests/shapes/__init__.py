"""Logins as shippers, daemons and relays write them, through every source that can carry them."""
