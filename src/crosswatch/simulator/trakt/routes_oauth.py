"""`/oauth/…`: device codes, tokens, refresh, revoke.

Source: Trakt protocol notes, section 3.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from crosswatch.simulator.trakt.answers import Answer, refuse
from crosswatch.simulator.trakt.calls import Call, Route
from crosswatch.simulator.trakt.oauth import DeviceCode, challenge_of

POLL_SLACK = 0.9
"""Share of the interval after which a poll is not too fast: clients' timers are not exact."""


def device_code(call: Call) -> Answer:
    """`POST /oauth/device/code`: a new attempt to log in."""
    app = call.world.oauth.app_of(call.object(), secret=False)
    options = call.options
    device = DeviceCode(
        device_code=secrets.token_hex(32),
        user_code=secrets.token_hex(4).upper(),
        client_id=app.client_id,
        expires_at=call.now + timedelta(seconds=options.device_expires_s),
    )
    call.world.oauth.devices[device.device_code] = device
    body = {
        "device_code": device.device_code,
        "user_code": device.user_code,
        "verification_url": options.verification_url or f"{call.auth_url}/activate",
        "expires_in": options.device_expires_s,
        "interval": options.device_interval_s,
    }
    return Answer(json=body, applied=True)


def device_token(call: Call) -> Answer:
    """`POST /oauth/device/token`: one poll; all refusals have empty bodies (notes, section 3.1)."""
    body = call.object()
    app = call.world.oauth.app_of(body)
    device = call.world.oauth.devices.get(str(body.get("code")))
    if device is None or device.client_id != app.client_id:
        raise refuse(404)
    if device.state == "used":
        raise refuse(409)
    if call.now >= device.expires_at:
        raise refuse(410)
    if device.state == "denied":
        raise refuse(418)
    least = timedelta(seconds=call.options.device_interval_s * POLL_SLACK)
    too_fast = device.polled_at is not None and call.now - device.polled_at < least
    device.polled_at = call.now
    if too_fast:
        raise refuse(429, headers={})
    if device.state == "pending" or device.user is None:
        raise refuse(400)
    device.state = "used"
    grant = call.world.oauth.issue(device.user, app.client_id, call.now)
    call.user = device.user
    return Answer(json=grant.answer(), applied=True)


def token(call: Call) -> Answer:
    """`POST /oauth/token`: refresh, or the exchange of an authorization code."""
    body = call.object()
    app = call.world.oauth.app_of(body)
    if body.get("grant_type") == "authorization_code":
        return _exchange(call, body)
    if body.get("grant_type") != "refresh_token":
        raise refuse(400, {"error": "unsupported_grant_type", "error_description": "grant_type is not known"})
    grant = call.world.oauth.by_refresh(body.get("refresh_token"))
    if grant is None or grant.refresh_spent or grant.client_id != app.client_id:
        raise call.world.oauth.invalid_grant()
    call.user = grant.user
    if body.get("redirect_uri") != app.redirect_uri or call.world.oauth.refusal_due(grant.user):
        raise call.world.oauth.invalid_grant()
    # Single use and rotated: the old one dies at once (notes, section 3.3).
    grant.refresh_spent = True
    if call.options.refresh_kills_access:
        grant.access_revoked = True
    fresh = call.world.oauth.issue(grant.user, app.client_id, call.now)
    return Answer(json=fresh.answer(), applied=True)


def _exchange(call: Call, body: dict[str, Any]) -> Answer:
    app = call.world.oauth.app_of(body)
    code = call.world.oauth.codes.get(str(body.get("code")))
    if (
        code is None
        or code.used
        or code.client_id != app.client_id
        or body.get("redirect_uri") != app.redirect_uri
    ):
        raise call.world.oauth.invalid_grant()
    if code.challenge is not None and challenge_of(str(body.get("code_verifier"))) != code.challenge:
        raise call.world.oauth.invalid_grant()
    code.used = True
    call.user = code.user
    return Answer(json=call.world.oauth.issue(code.user, app.client_id, call.now).answer(), applied=True)


def revoke(call: Call) -> Answer:
    """`POST /oauth/revoke`: ends the whole session; an unknown token is no error."""
    body = call.object()
    call.world.oauth.app_of(body)
    sent = body.get("token")
    grant = call.world.oauth.by_access(sent) or call.world.oauth.by_refresh(sent)
    if grant is not None:
        call.user = grant.user
        grant.revoke()
    return Answer(json={}, applied=grant is not None)


ROUTES = [
    Route(method="POST", pattern="/oauth/device/code", handler=device_code, auth="none"),
    Route(method="POST", pattern="/oauth/device/token", handler=device_token, auth="none"),
    Route(method="POST", pattern="/oauth/token", handler=token, auth="none"),
    Route(method="POST", pattern="/oauth/revoke", handler=revoke, auth="none"),
]
