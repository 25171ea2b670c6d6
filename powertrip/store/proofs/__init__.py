"""Factors, challenges and their history."""
