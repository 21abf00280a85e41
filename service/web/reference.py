"""The API to read and try out, from files of our own: a site may have no internet."""

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse

from service.access import public

router = APIRouter(include_in_schema=False, dependencies=[Depends(public)])

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Retrace API</title>
<link rel="icon" href="/static/mark.svg">
<link rel="stylesheet" href="/static/vendor/swagger-ui-5.35.0.css">
<script src="/static/vendor/swagger-ui-5.35.0.bundle.js" defer></script>
<script src="/static/reference.js" defer></script>
</head>
<body><div id="swagger-ui"></div></body>
</html>
"""

#: Swagger draws its icons as data: images
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@router.get("/docs")
def docs() -> HTMLResponse:
    """The page; nothing runs or styles it but our own files."""
    return HTMLResponse(_PAGE, headers={"Content-Security-Policy": _POLICY})
