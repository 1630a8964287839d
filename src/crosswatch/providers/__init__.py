"""Neighbours: what we hear from and what we tell."""
