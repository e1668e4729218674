"""The pages of Flextell's login: plain HTML forms, no script, no file from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

__all__ = ["CONSENT_PATH", "consent_page", "refusal_page"]

CONSENT_PATH = "/oauth/consent"

_FRAME = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 24rem; margin: 4rem auto; padding: 0 1rem }}
label, input {{ display: block; width: 100%; box-sizing: border-box }}
input, button {{ font: inherit; padding: .5rem; margin: .25rem 0 1rem }}
</style>
</head>
<body>
<main>
<h1>{title}</h1>
{content}
</main>
</body>
</html>
"""
_CONSENT = """{notice}<p><strong>{client}</strong> asks for access to your Flextell account: {scope}.</p>
<form method="post" action="{action}">
{hidden}
<label for="email">Email</label>
<input id="email" name="email" type="email" autocomplete="username" value="{email}">
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" value="{password}">
<button type="submit" name="decision" value="allow">Sign in and allow</button>
<button type="submit" name="decision" value="deny">Deny</button>
</form>"""


def consent_page(request: Mapping[str, str], *, email: str, password: str, notice: str = "") -> bytes:
    """Return the form that signs in and agrees; it carries the request, and the account filled in."""
    content = _CONSENT.format(
        notice=f'<p role="alert">{escape(notice)}</p>\n' if notice else "",
        client=escape(request["client_id"]),
        scope=escape(request.get("scope") or "its usual permissions"),
        action=CONSENT_PATH,
        hidden="\n".join(map(_hidden, request, request.values())),
        email=escape(email),
        password=escape(password),
    )
    return _page("Sign in to Flextell", content)


def refusal_page(reason: str) -> bytes:
    """Return the page of a request that must not be redirected anywhere."""
    return _page("This request cannot be served", f"<p>{escape(reason)}</p>")


def _page(title: str, content: str) -> bytes:
    return _FRAME.format(title=title, content=content).encode()


def _hidden(name: str, value: str) -> str:
    return f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
