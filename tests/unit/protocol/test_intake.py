from __future__ import annotations

from typing import Any

import msgspec
import pytest

from flexsdk import errors
from flexsdk.protocol.intake import (
    MOST_CONFLICTS,
    PATIENCE_SECONDS,
    PAUSE_SECONDS,
    Entry,
    State,
    Step,
    Terms,
    Verdict,
    acted,
    next_step,
    pause,
    settled,
    verdict,
)
from flexsdk.protocol.retry import Replay

NOW = 1_780_000_000.0
DIGEST = b"digest"


def terms(replay: Replay) -> Terms:
    return Terms(name="create", replay=replay, keyed=False, keeps=100.0)


def entry(state: State, *, age: float = 10.0) -> Entry:
    return Entry(state=state, digest=DIGEST, began=NOW - age)


def api(kind: type[errors.APIError], status: int, retry_after: float | None = None) -> errors.APIError:
    return kind("no", status=status, retry_after=retry_after)


def tried(error: errors.FlexError) -> errors.FlexError:
    error.attempts = (errors.Attempt(number=1, outcome="Timeout", started=0.0, seconds=1.0),)
    return error


def timeout(phase: errors.Phase) -> errors.Timeout:
    return errors.Timeout("late", phase=phase, seconds=1.0)


@pytest.mark.parametrize(
    ("known", "replay", "step"),
    [
        pytest.param(None, Replay.NEVER, Step.SEND, id="new"),
        pytest.param(entry(State.DONE), Replay.SAFE, Step.REPORT, id="done, though safe"),
        pytest.param(entry(State.FAILED), Replay.KEYED, Step.REPORT, id="failed"),
        pytest.param(entry(State.REFUSED), Replay.NEVER, Step.SEND, id="refused, so never done"),
        pytest.param(entry(State.SENT), Replay.SAFE, Step.SEND, id="in flight, safe"),
        pytest.param(entry(State.SENT), Replay.KEYED, Step.SEND, id="in flight, keyed"),
        pytest.param(entry(State.SENT), Replay.NEVER, Step.ASK, id="in flight, never"),
        pytest.param(entry(State.SENT, age=100.0), Replay.KEYED, Step.ASK, id="key forgotten"),
        pytest.param(entry(State.SENT, age=-5.0), Replay.KEYED, Step.ASK, id="clock set back"),
        pytest.param(entry(State.SENT, age=1e6), Replay.SAFE, Step.SEND, id="safe however old"),
    ],
)
def test_decides_on_what_comes_out_of_the_source(known: Entry | None, replay: Replay, step: Step) -> None:
    assert next_step(known, DIGEST, terms(replay), NOW) is step


@pytest.mark.parametrize("state", State)
def test_an_item_with_another_content_is_another_item(state: State) -> None:
    assert next_step(entry(state), b"other", terms(Replay.SAFE), NOW) is Step.CHANGED


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        pytest.param(api(errors.RateLimited, 429), Verdict.REFUSED, id="429"),
        pytest.param(api(errors.RateLimited, 0), Verdict.REFUSED, id="our own limiter"),
        pytest.param(api(errors.QuotaExceeded, 429), Verdict.REFUSED, id="quota"),
        pytest.param(api(errors.Unauthorized, 401), Verdict.REFUSED, id="revoked key"),
        pytest.param(api(errors.PaymentRequired, 402), Verdict.REFUSED, id="no credits"),
        pytest.param(api(errors.Forbidden, 403), Verdict.REFUSED, id="plan too small"),
        pytest.param(api(errors.APIError, 408), Verdict.REFUSED, id="408"),
        pytest.param(api(errors.ServerError, 503, 5.0), Verdict.REFUSED, id="503 with a time"),
        pytest.param(api(errors.ServerError, 503), Verdict.OPEN, id="503 without"),
        pytest.param(api(errors.ServerError, 500), Verdict.OPEN, id="500"),
        pytest.param(api(errors.Unprocessable, 422), Verdict.FAILED, id="422"),
        pytest.param(api(errors.Conflict, 409), Verdict.FAILED, id="409"),
        pytest.param(errors.ConfigError("bad"), Verdict.FAILED, id="cannot be sent"),
        pytest.param(errors.JobFailed("bad", job=1), Verdict.FAILED, id="job failed"),
        pytest.param(errors.ConnectFailed("no"), Verdict.REFUSED, id="no connection"),
        pytest.param(errors.ConnectionLost("cut"), Verdict.OPEN, id="connection lost"),
        pytest.param(timeout("connect"), Verdict.REFUSED, id="connect timeout"),
        pytest.param(timeout("queue"), Verdict.REFUSED, id="queue timeout"),
        pytest.param(timeout("deadline"), Verdict.REFUSED, id="deadline before an attempt"),
        pytest.param(tried(timeout("deadline")), Verdict.OPEN, id="deadline after an attempt"),
        pytest.param(tried(timeout("attempt")), Verdict.OPEN, id="attempt timeout"),
        pytest.param(errors.DecodeError("odd", expected="Item"), Verdict.OPEN, id="unreadable answer"),
        pytest.param(KeyError("name"), Verdict.OPEN, id="a mistake in the user's call"),
    ],
)
def test_reads_from_an_error_what_became_of_the_item(error: Exception, expected: Verdict) -> None:
    assert verdict(error, Replay.NEVER, again=False) is expected


@pytest.mark.parametrize(
    ("what", "again", "state"),
    [
        (Verdict.FAILED, True, State.FAILED),
        (Verdict.OPEN, False, State.SENT),
        (Verdict.REFUSED, False, State.REFUSED),
        pytest.param(Verdict.REFUSED, True, State.SENT, id="a refusal does not undo an earlier request"),
    ],
)
def test_settles_an_item_after_an_error(what: Verdict, again: bool, state: State) -> None:
    assert settled(what, again=again) is state


def test_a_conflict_after_a_repeat_under_the_same_key_leaves_the_item_open() -> None:
    conflict = api(errors.Conflict, 409)

    assert verdict(conflict, Replay.KEYED, again=True) is Verdict.OPEN
    assert verdict(conflict, Replay.KEYED, again=False) is Verdict.FAILED
    assert verdict(conflict, Replay.SAFE, again=True) is Verdict.FAILED


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ([], False),
        (["ConnectFailed", "429", "503", "408"], False),
        (["429", "ConnectionLost"], True),
        (["Timeout"], True),
        (["500"], True),
        (["201", "429"], True),
    ],
)
def test_knows_which_attempts_may_have_been_acted_on(outcomes: list[str], expected: bool) -> None:
    assert acted(outcomes) is expected


def ask(error: Exception, replay: Replay = Replay.NEVER, **changes: Any) -> float | None:
    return pause(error, replay, **{"again": False, "conflicts": 0, "waited": 0.0} | changes)


def test_waits_until_the_time_that_a_refusal_named() -> None:
    assert ask(api(errors.RateLimited, 0, 40.0)) == 40.0
    assert ask(api(errors.RateLimited, 429)) == PAUSE_SECONDS


def test_waits_for_limits_within_its_patience_only() -> None:
    assert ask(api(errors.RateLimited, 0, 40.0), waited=PATIENCE_SECONDS - 40.0) == 40.0
    assert ask(api(errors.RateLimited, 0, 40.0), waited=PATIENCE_SECONDS - 39.0) is None
    assert ask(api(errors.RateLimited, 0, 1e9)) is None


def test_does_not_wait_for_a_quota() -> None:
    assert ask(api(errors.QuotaExceeded, 429, 1.0)) is None


def test_asks_again_a_few_times_while_its_first_request_is_under_way() -> None:
    conflict = api(errors.Conflict, 409)

    assert ask(conflict, Replay.KEYED, again=True, conflicts=MOST_CONFLICTS - 1) == PAUSE_SECONDS
    assert ask(conflict, Replay.KEYED, again=True, conflicts=MOST_CONFLICTS) is None
    assert ask(conflict, Replay.KEYED) is None


def test_does_not_send_again_what_made_a_request_before_the_one_that_was_refused() -> None:
    refused = api(errors.RateLimited, 429)

    assert ask(refused, Replay.NEVER, again=True) is None
    assert ask(refused, Replay.KEYED, again=True) == PAUSE_SECONDS


def test_terms_survive_the_journal() -> None:
    known = terms(Replay.KEYED)

    assert msgspec.json.decode(msgspec.json.encode(known), type=Terms) == known
