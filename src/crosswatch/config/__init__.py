"""`config.json`: its text (`document`), its typed view (`model`), its secrets and its file."""
