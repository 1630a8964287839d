"""What goes on beside the plays: looking after everything, telling people, making backups."""
