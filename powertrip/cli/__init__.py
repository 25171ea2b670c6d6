"""What the command line does beside starting Powertrip."""
