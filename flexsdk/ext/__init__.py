"""Optional parts, one file for each extra; nothing else of the package imports them."""
