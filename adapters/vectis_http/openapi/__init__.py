"""The API in OpenAPI 3.1, made of the operations table, the shapes of answers and the classes of requests.

Nothing is written here that stands elsewhere: names, rules and meanings come from what serves them.
"""

from vectis_http.openapi.document import Document

__all__ = ["Document"]
