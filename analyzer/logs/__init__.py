"""Access logs: bytes -> lines -> requests -> activity."""
