"""The platforms; each imports the core, none imports another."""
