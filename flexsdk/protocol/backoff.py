"""How long to wait before the next attempt."""

__all__ = ["full_jitter", "upward_jitter"]

_LARGEST_EXPONENT = 1023
"""Of a float; without this bound ``2.0 ** attempt`` raises OverflowError."""

_SHARE = 0.1
_LEAST = 0.05
_MOST = 1.0


def full_jitter(attempt: int, *, random: float, base: float = 0.5, cap: float = 8.0) -> float:
    """Return a wait in seconds, uniform between 0 and the exponential ceiling of this attempt.

    Full jitter spreads clients that failed together over the whole interval, so they do not come back
    together; the mean wait is half the ceiling.

    Args:
        attempt: number of the attempt that failed, from 1.
        random: a number in [0, 1).
        base: ceiling in seconds after the first attempt; it doubles with each further one.
        cap: highest ceiling in seconds.
    """
    return random * min(cap, base * 2.0 ** min(attempt - 1, _LARGEST_EXPONENT))


def upward_jitter(floor: float, *, random: float) -> float:
    """Return a wait in seconds that is never shorter than what the server asked for.

    Added is up to 10 % of it, at least up to 50 ms (all clients that were told "0" or "1" must not come
    back in the same moment) and at most up to 1 s.

    Args:
        floor: seconds the server asked for.
        random: a number in [0, 1).
    """
    return floor + random * min(_MOST, max(_LEAST, _SHARE * floor))
