"""The HTTP API as a plain ASGI application: for ``vectis serve``, and to mount into Starlette and FastAPI."""

from vectis_asgi.app import AsgiApp, asgi_app

__all__ = ["AsgiApp", "asgi_app"]
