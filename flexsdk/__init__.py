"""Async SDK with streaming for Flapjack, FlexOrch, Fleece AI, Flextell and Platform."""
