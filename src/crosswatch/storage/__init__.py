"""Where plays and deliveries outlive the process."""
