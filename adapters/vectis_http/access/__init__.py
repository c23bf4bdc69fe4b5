"""Who may call: keys, tokens, the token endpoint and rate limits; no network, no framework."""

try:
    import joserfc as _joserfc  # noqa: F401 - asked for here, so that the error names the extra
except ImportError as error:
    raise ImportError('The HTTP layer needs joserfc: pip install "vectis-oms[http]"') from error

from vectis_core.sealing import SECRET_KEY_VARIABLE, Sealer
from vectis_http.access.keys import JWKS_MAX_AGE, TOKEN_LIFETIME, KeyRing, rotate
from vectis_http.access.rate_limit import Decision, LeasedWindows, MemoryWindows, RateLimiter
from vectis_http.access.token_endpoint import TokenEndpoint
from vectis_http.access.tokens import Grant, InvalidToken, Tokens

__all__ = [
    "JWKS_MAX_AGE",
    "SECRET_KEY_VARIABLE",
    "TOKEN_LIFETIME",
    "Decision",
    "Grant",
    "InvalidToken",
    "KeyRing",
    "LeasedWindows",
    "MemoryWindows",
    "RateLimiter",
    "Sealer",
    "TokenEndpoint",
    "Tokens",
    "rotate",
]
