"""The app as HTTP shows it: JSON for programs, one live page for people."""
