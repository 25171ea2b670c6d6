"""What settings are made of: the base of every section, and the kinds of value."""
