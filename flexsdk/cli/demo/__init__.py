"""The tour of the SDK; the scenes are written to be read as examples."""
