"""Flextell's OAuth server in the sandbox: the page, codes, PKCE, token pairs and their end."""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from hashlib import sha256
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from sandbox_kit import Ask, Clock, Reply, bearer

from flexsdk.sandbox import Sandbox
from flexsdk.sandbox.flextell import Flextell

BACK = "https://app.example.com/callback"
STATE = 's 1"><b>&'
VERIFIER = "v" * 43
CHALLENGE = urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
PKCE = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}


@pytest.fixture
def flextell(sandbox: Sandbox) -> Flextell:
    return sandbox.flextell


class Page(HTMLParser):
    """The form of a page: its fields and buttons."""

    def __init__(self, reply: Reply) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.buttons: list[str | None] = []
        self.labels: set[str | None] = set()
        self.tags: set[str] = set()
        self.action = ""
        self.feed(reply.body.decode())

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        self.tags.add(tag)
        if tag == "form":
            self.action = f"{found['method']} {found['action']}"
        if tag == "input":
            self.fields[str(found["name"])] = found["value"] or ""
        if tag == "button":
            self.buttons.append(found["value"])
        if tag == "label":
            self.labels.add(found["for"])


def request(flextell: Flextell, **members: str) -> dict[str, str]:
    usual = {"response_type": "code", "client_id": flextell.client_id, "redirect_uri": BACK, "state": STATE}
    return usual | members


async def authorize(flextell: Flextell, ask: Ask, **members: str) -> Reply:
    query = urlencode(request(flextell, **members))
    return await ask(flextell, "GET", f"/oauth/authorize?{query}", headers={})


def sent_back(reply: Reply) -> dict[str, str]:
    """Return what the browser brings to the application."""
    assert reply.status == 302
    where, _, query = reply.headers["Location"].partition("?")
    assert where == BACK
    return {name: values[0] for name, values in parse_qs(query, keep_blank_values=True).items()}


async def code_of(flextell: Flextell, ask: Ask, **members: str) -> str:
    flextell.terms.consent = "allow"
    return sent_back(await authorize(flextell, ask, **members))["code"]


async def token(flextell: Flextell, ask: Ask, grant: str = "authorization_code", **fields: str) -> Reply:
    usual = {"grant_type": grant, "client_id": flextell.client_id, "client_secret": flextell.client_secret}
    if grant == "authorization_code":
        usual["redirect_uri"] = BACK
    return await ask(flextell, "POST", "/oauth/token", data=usual | fields, headers={})


async def login(flextell: Flextell, ask: Ask, **members: str) -> dict[str, Any]:
    reply = await token(flextell, ask, code=await code_of(flextell, ask, **members))
    assert reply.status == 200
    tokens: dict[str, Any] = reply.json()
    return tokens


async def is_let_in(flextell: Flextell, ask: Ask, access: str) -> bool:
    reply = await ask(flextell, "GET", "/api/resources", headers=bearer(access))
    assert reply.status == 200 or reply.json()["error"] == "invalid_token"
    return reply.status == 200


def refusal(reply: Reply) -> tuple[int, str]:
    body = reply.json()
    assert body["error_description"] == body["message"]
    return reply.status, body["error"]


# In the browser.


async def test_a_person_signs_in_and_agrees_on_a_page_without_script(flextell: Flextell, ask: Ask) -> None:
    start = await authorize(flextell, ask, scope="customers:read", **PKCE)
    page = await ask(flextell, "GET", start.headers["Location"], headers={})
    form = Page(page)
    agreed = await ask(
        flextell, "POST", form.action.removeprefix("post "), data=form.fields | {"decision": "allow"}
    )

    assert start.status == 302
    assert (page.status, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert page.body.startswith(b"<!DOCTYPE html>")
    assert "script" not in form.tags
    assert form.buttons == ["allow", "deny"]
    assert form.labels == {"email", "password"}
    assert (form.fields["email"], form.fields["password"]) == (flextell.email, flextell.password)
    back = sent_back(agreed)
    assert back["state"] == STATE
    tokens = await token(flextell, ask, code=back["code"], code_verifier=VERIFIER)
    assert tokens.json()["scope"] == "customers:read"


async def test_a_person_can_refuse(flextell: Flextell, ask: Ask) -> None:
    form = request(flextell) | {"decision": "deny"}
    reply = await ask(flextell, "POST", "/oauth/consent", data=form)

    assert sent_back(reply) == {"error": "access_denied", "state": STATE}


async def test_a_wrong_password_shows_the_page_again(flextell: Flextell, ask: Ask) -> None:
    form = request(flextell) | {"decision": "allow", "email": '"><b>', "password": "wrong"}
    reply = await ask(flextell, "POST", "/oauth/consent", data=form)

    page = Page(reply)
    assert reply.status == 422
    assert b'role="alert"' in reply.body
    assert (page.fields["email"], page.fields["password"]) == ('"><b>', "")
    assert request(flextell).items() <= page.fields.items()
    assert "b" not in page.tags


@pytest.mark.parametrize(("consent", "names"), [("allow", {"code", "state"}), ("deny", {"error", "state"})])
async def test_nobody_is_asked_when_the_answer_is_set(
    flextell: Flextell, ask: Ask, consent: Any, names: set[str]
) -> None:
    flextell.terms.consent = consent

    assert set(sent_back(await authorize(flextell, ask))) == names


async def test_without_a_state_none_comes_back(flextell: Flextell, ask: Ask) -> None:
    flextell.terms.consent = "allow"
    query = request(flextell)
    del query["state"]

    reply = await ask(flextell, "GET", f"/oauth/authorize?{urlencode(query)}", headers={})

    assert set(sent_back(reply)) == {"code"}


async def test_a_registered_address_keeps_its_query(flextell: Flextell, ask: Ask) -> None:
    flextell.terms.consent = "allow"
    flextell.redirect_uris.add("http://localhost:1/?a=1")

    reply = await authorize(flextell, ask, redirect_uri="http://localhost:1/?a=1", state="s 1&")

    assert re.fullmatch(r"http://localhost:1/\?a=1&code=\w+&state=s\+1%26", reply.headers["Location"])


@pytest.mark.parametrize(
    "members",
    [
        pytest.param({"client_id": "other"}, id="client"),
        pytest.param({"redirect_uri": BACK + "/"}, id="longer address"),
        pytest.param({"redirect_uri": ""}, id="no address"),
    ],
)
async def test_nobody_is_sent_to_a_place_that_is_not_registered(
    flextell: Flextell, ask: Ask, members: dict[str, str]
) -> None:
    flextell.terms.consent = "allow"
    query = urlencode(request(flextell, **members))
    replies = [
        await authorize(flextell, ask, **members),
        await ask(flextell, "GET", f"/oauth/authorize?{query}", headers={"Accept": "text/html,*/*"}),
        await ask(flextell, "GET", f"/oauth/consent?{query}"),
        await ask(flextell, "POST", "/oauth/consent", data=request(flextell, **members)),
    ]

    assert [reply.status for reply in replies] == [400] * 4
    assert ["Location" in reply.headers for reply in replies] == [False] * 4
    assert replies[0].body == b""
    assert all(b"<p>" in reply.body for reply in replies[1:])


@pytest.mark.parametrize(
    ("members", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge": CHALLENGE}, "invalid_request"),
        ({"code_challenge": CHALLENGE, "code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "short", "code_challenge_method": "S256"}, "invalid_request"),
        ({"code_challenge_method": "S256"}, "invalid_request"),
    ],
)
async def test_a_wrong_request_goes_back_to_the_application(
    flextell: Flextell, ask: Ask, members: dict[str, str], error: str
) -> None:
    assert sent_back(await authorize(flextell, ask, **members)) == {"error": error, "state": STATE}


# Codes.


async def test_a_code_brings_a_pair_of_tokens(flextell: Flextell, ask: Ask) -> None:
    reply = await token(flextell, ask, code=await code_of(flextell, ask, scope="a b"))

    tokens = reply.json()
    assert reply.headers["Cache-Control"] == "no-store"
    assert (tokens["token_type"], tokens["expires_in"], tokens["scope"]) == ("Bearer", 3600, "a b")
    assert tokens["refresh_token"]
    assert await is_let_in(flextell, ask, tokens["access_token"])


async def test_a_code_serves_once_and_its_second_use_ends_the_tokens(flextell: Flextell, ask: Ask) -> None:
    code = await code_of(flextell, ask)
    tokens = (await token(flextell, ask, code=code)).json()
    again = await token(flextell, ask, code=code)
    renewed = await token(flextell, ask, "refresh_token", refresh_token=tokens["refresh_token"])

    assert refusal(again) == refusal(renewed) == (400, "invalid_grant")
    assert not await is_let_in(flextell, ask, tokens["access_token"])


@pytest.mark.parametrize(("seconds", "status"), [(59.0, 200), (60.0, 400)])
async def test_a_code_lives_a_minute(
    flextell: Flextell, ask: Ask, clock: Clock, seconds: float, status: int
) -> None:
    code = await code_of(flextell, ask)
    clock.now += seconds

    assert (await token(flextell, ask, code=code)).status == status


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param({"code": "other"}, (400, "invalid_grant"), id="unknown code"),
        pytest.param({"redirect_uri": BACK + "?"}, (400, "invalid_grant"), id="another address"),
        pytest.param({"client_secret": "wrong"}, (401, "invalid_client"), id="wrong secret"),
        pytest.param({"client_id": "wrong"}, (401, "invalid_client"), id="unknown client"),
        pytest.param({"grant_type": "password"}, (400, "unsupported_grant_type"), id="grant"),
        pytest.param({"grant_type": ""}, (400, "unsupported_grant_type"), id="empty grant"),
    ],
)
async def test_a_wrong_exchange_is_refused_and_leaves_the_code_alone(
    flextell: Flextell, ask: Ask, fields: dict[str, str], expected: tuple[int, str]
) -> None:
    code = await code_of(flextell, ask)

    refused = await token(flextell, ask, **({"code": code} | fields))

    assert refusal(refused) == expected
    assert flextell.grants == {"refused": 1}
    assert (await token(flextell, ask, code=code)).status == 200


@pytest.mark.parametrize("name", ["grant_type", "code", "redirect_uri", "client_id", "client_secret"])
async def test_an_exchange_needs_all_its_fields_once(flextell: Flextell, ask: Ask, name: str) -> None:
    fields = {
        "grant_type": "authorization_code",
        "code": "c",
        "redirect_uri": BACK,
        "client_id": flextell.client_id,
        "client_secret": flextell.client_secret,
    }
    without = {key: value for key, value in fields.items() if key != name}
    forms = [urlencode(without), urlencode(fields) + f"&{name}=x"]
    headers = {"Content-Type": "application/x-www-form-urlencoded"}

    replies = [await ask(flextell, "POST", "/oauth/token", data=form, headers=headers) for form in forms]

    assert [refusal(reply) for reply in replies] == [(400, "invalid_request")] * 2


async def test_credentials_in_a_header_do_not_count(flextell: Flextell, ask: Ask) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": "r"}
    reply = await ask(flextell, "POST", "/oauth/token", data=form, headers={"Authorization": "Basic eDp5"})

    assert refusal(reply) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("challenge", "verifier", "status"),
    [
        pytest.param(PKCE, {"code_verifier": VERIFIER}, 200, id="fits"),
        pytest.param(PKCE, {"code_verifier": "w" * 43}, 400, id="does not fit"),
        pytest.param(PKCE, {"code_verifier": CHALLENGE}, 400, id="the challenge itself"),
        pytest.param(PKCE, {}, 400, id="missing"),
        pytest.param({}, {"code_verifier": VERIFIER}, 200, id="not asked for"),
    ],
)
async def test_a_challenge_has_to_be_met(
    flextell: Flextell, ask: Ask, challenge: dict[str, str], verifier: dict[str, str], status: int
) -> None:
    code = await code_of(flextell, ask, **challenge)

    assert (await token(flextell, ask, code=code, **verifier)).status == status


# Renewal and end.


async def test_a_renewal_ends_the_old_pair(flextell: Flextell, ask: Ask) -> None:
    old = await login(flextell, ask)
    new = (await token(flextell, ask, "refresh_token", refresh_token=old["refresh_token"])).json()
    again = await token(flextell, ask, "refresh_token", refresh_token=old["refresh_token"])

    assert not await is_let_in(flextell, ask, old["access_token"])
    assert await is_let_in(flextell, ask, new["access_token"])
    assert refusal(again) == (400, "invalid_grant")
    assert flextell.grants == {"authorization_code": 1, "refresh_token": 1, "refused": 1}


async def test_without_rotation_the_refresh_token_stays(flextell: Flextell, ask: Ask) -> None:
    flextell.terms.rotate = False
    old = await login(flextell, ask)

    replies = [
        await token(flextell, ask, "refresh_token", refresh_token=old["refresh_token"]) for _ in range(2)
    ]

    assert [reply.status for reply in replies] == [200, 200]
    assert "refresh_token" not in replies[0].json()
    assert await is_let_in(flextell, ask, replies[1].json()["access_token"])


async def test_a_token_expires_by_the_clock(flextell: Flextell, ask: Ask, clock: Clock) -> None:
    flextell.terms.token_seconds = 5
    tokens = await login(flextell, ask)
    seen = []
    for _ in range(2):
        clock.now += 4
        seen.append(await is_let_in(flextell, ask, tokens["access_token"]))

    assert tokens["expires_in"] == 5
    assert seen == [True, False]
    assert await is_let_in(flextell, ask, flextell.key)


async def test_a_renewal_can_ask_for_less_but_not_for_more(flextell: Flextell, ask: Ask) -> None:
    tokens = await login(flextell, ask, scope="a b")
    refresh = tokens["refresh_token"]
    more = await token(flextell, ask, "refresh_token", refresh_token=refresh, scope="a c")
    less = await token(flextell, ask, "refresh_token", refresh_token=refresh, scope="b")

    assert refusal(more) == (400, "invalid_scope")
    assert less.json()["scope"] == "b"


async def test_a_withdrawn_consent_ends_renewals(flextell: Flextell, ask: Ask) -> None:
    tokens = await login(flextell, ask)
    flextell.end_logins()

    reply = await token(flextell, ask, "refresh_token", refresh_token=tokens["refresh_token"])

    assert refusal(reply) == (400, "invalid_grant")


async def test_new_tokens_have_the_limit_of_the_account(flextell: Flextell, ask: Ask) -> None:
    await is_let_in(flextell, ask, flextell.key)
    tokens = await login(flextell, ask)

    reply = await ask(flextell, "GET", "/api/resources", headers=bearer(tokens["access_token"]))

    assert reply.headers["X-RateLimit-Remaining"] == "598"
    assert reply.headers["X-RateLimit-Limit"] == "600"


async def test_a_reset_forgets_logins_and_addresses(sandbox: Sandbox, ask: Ask) -> None:
    flextell = sandbox.flextell
    flextell.redirect_uris.add("http://localhost:1/")
    tokens = await login(flextell, ask)
    sandbox.reset()

    assert not await is_let_in(flextell, ask, tokens["access_token"])
    assert (await authorize(flextell, ask, redirect_uri="http://localhost:1/")).status == 400
    assert urlsplit((await authorize(flextell, ask)).headers["Location"]).query.startswith("code=")
