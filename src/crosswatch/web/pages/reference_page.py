"""`/api`: the API as the app itself describes it, with examples for the address that the reader came by."""

from fastapi import APIRouter, Request, Response

from crosswatch.web.drawing import draw_page
from crosswatch.web.reference import chapters_of

router = APIRouter()


@router.head("/api")
@router.get("/api")
async def show(request: Request) -> Response:
    """Every address, by groups."""
    scheme, host = request.state.visitor.scheme, request.headers.get("host", "")
    base = f"{scheme}://{host}{request.scope.get('root_path', '')}"
    return draw_page(request, "reference.html", chapters=chapters_of(request.app.openapi(), base), base=base)
