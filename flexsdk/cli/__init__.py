"""The command line: ``python -m flexsdk``; needs the extra ``cli``."""
