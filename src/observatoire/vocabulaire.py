"""Provisoire."""
