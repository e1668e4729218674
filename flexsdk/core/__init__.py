"""The way of a call: knows HTTP, knows no platform."""
