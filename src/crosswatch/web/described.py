"""What the door and the error handlers answer, in the description of the API at `/openapi.json`.

The framework knows nothing of the door, and describes refusals as they would look without our handlers.
"""

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


REFUSAL = {
    "title": "Refusal",
    "type": "object",
    "properties": {
        "detail": {"type": "string", "description": "For people."},
        "key": {"type": "string", "description": "The parameter or configuration key that is wrong."},
        "line": {"type": "integer"},
        "column": {"type": "integer"},
    },
    "required": ["detail"],
}
OF_THE_DOOR = {
    "401": "Nobody has signed in, or the API key is unknown.",
    "403": "The key may not do this, or another site's page has asked.",
    "503": "The database cannot be used now.",
}
"""Answers of every address that needs something."""
OF_BODIES = {
    "400": "The body is not what the address takes.",
    "408": "The body was not there whole in time.",
    "413": "The body is too large.",
}
"""Answers of every address that changes something: whatever is sent there is read."""

_OF_THE_FRAMEWORK = ("HTTPValidationError", "ValidationError")


def describe_door(app: FastAPI) -> None:
    """Have the app's description say how to come in, what each address needs (`x-needs`), how it refuses."""
    plain = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = plain()
            components = schema.setdefault("components", {})
            components["securitySchemes"] = SCHEMES
            components["schemas"] = {
                name: shape
                for name, shape in components.get("schemas", {}).items()
                if name not in _OF_THE_FRAMEWORK
            } | {"Refusal": REFUSAL}
            for path, verbs in schema["paths"].items():
                for verb, operation in verbs.items():
                    scope = rule_for(verb.upper(), path).scope
                    operation["security"] = [{name: []} for name in SCHEMES] if scope else []
                    operation["x-needs"] = scope or "nothing"
                    _add_refusals(operation["responses"], is_guarded=bool(scope), is_change=verb != "get")
        return plain()

    app.openapi = described  # type: ignore[method-assign] # as FastAPI documents it


def _add_refusals(responses: dict[str, Any], *, is_guarded: bool, is_change: bool) -> None:
    """Add what every address of the kind may answer; all refusals have one shape, unless it has its own."""
    common = (OF_THE_DOOR if is_guarded else {}) | (
        OF_BODIES | {"403": OF_THE_DOOR["403"]} if is_change else {}
    )
    for status, description in common.items():
        responses.setdefault(status, {"description": description})
    for status, answer in responses.items():
        is_the_frameworks = _OF_THE_FRAMEWORK[0] in str(answer.get("content"))
        if status >= "400" and (is_the_frameworks or "content" not in answer):
            answer["content"] = {"application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}}
