"""What all blocking clients share: lists, streams, downloads and waits."""

from flexsdk.blocking._facade import names_of

__getattr__ = names_of("flexsdk.core")
