"""The HTTP API inside a Flask application: as a blueprint, or as an extension."""

try:
    import flask as _flask  # noqa: F401 - asked for here, so that the error names the extra
except ImportError as error:
    raise ImportError('Vectis in Flask needs flask: pip install "vectis-oms[flask]"') from error

from vectis_flask.blueprint import vectis_blueprint
from vectis_flask.extension import VectisFlask

__all__ = ["VectisFlask", "vectis_blueprint"]
