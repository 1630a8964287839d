"""The door in the description of the API: what each address needs, as `/openapi.json` tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crosswatch.web.permissions import rule_for

if TYPE_CHECKING:
    from fastapi import FastAPI

SCHEMES = {
    "ApiKey": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
    "Bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "The API key once more, as a bearer token.",
    },
}


def describe_door(app: FastAPI) -> None:
    """Have the app's description say how to come in, and which scope each address needs (`x-needs`)."""
    plain = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = plain()
            schema.setdefault("components", {})["securitySchemes"] = SCHEMES
            for path, verbs in schema["paths"].items():
                for verb, operation in verbs.items():
                    scope = rule_for(verb.upper(), path).scope
                    operation["security"] = [{name: []} for name in SCHEMES] if scope else []
                    operation["x-needs"] = scope or "nothing"
        return plain()

    app.openapi = described  # type: ignore[method-assign] # as FastAPI documents it
