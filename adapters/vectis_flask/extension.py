"""A Flask extension: the API, and the open database behind it, for the application's own views."""

from __future__ import annotations

import atexit
import os
import threading
from typing import Any

import attrs
from flask import Flask

from vectis_core.vectis import Vectis
from vectis_flask.blueprint import vectis_blueprint
from vectis_http import HttpConfig

_SETTINGS = tuple(field.name for field in attrs.fields(HttpConfig))


class VectisFlask:
    """Opens Vectis for an application and serves its API there.

    ``vectis = VectisFlask(app)``, or ``vectis.init_app(app)`` later. The application's configuration is read:
    ``VECTIS_DATABASE_URL`` (``sqlite:///vectis.db`` where left out), ``VECTIS_URL_PREFIX``, and the settings of
    ``HttpConfig`` as ``VECTIS_RATE_LIMIT`` and so on. Views reach the database as ``vectis.oms``, or as
    ``app.extensions["vectis"].oms``.

    A process that was forked after ``init_app``, as a server that preloads does, opens the database anew when it is
    first asked for.
    """

    def __init__(self, app: Flask | None = None, *, oms: Vectis | None = None) -> None:
        """Take an open *oms*, which stays its opener's to close, or open one when an application comes."""
        self._given = oms
        self._url: str | None = None
        #: What was opened here, and in which process.
        self._opened: tuple[Vectis, int] | None = None
        self._mutex = threading.Lock()
        if app is not None:
            self.init_app(app)

    @property
    def oms(self) -> Vectis:
        """The open database; raises ``RuntimeError`` before ``init_app``."""
        if self._given is not None:
            return self._given
        if self._url is None:
            raise RuntimeError("VectisFlask has no database yet: call init_app(app) first")
        with self._mutex:
            if self._opened is None or self._opened[1] != os.getpid():
                opened = Vectis.open(self._url)
                atexit.register(opened.close)
                self._opened = (opened, os.getpid())
            return self._opened[0]

    def init_app(self, app: Flask) -> None:
        """Serve the API in *app*, with the database that its configuration names where none was given."""
        if self._url is None:
            self._url = app.config.get("VECTIS_DATABASE_URL", "sqlite:///vectis.db")
        given: dict[str, Any] = {name: app.config.get(f"VECTIS_{name.upper()}") for name in _SETTINGS}
        config = {name: value for name, value in given.items() if value is not None}
        prefix = app.config.get("VECTIS_URL_PREFIX") or None
        app.register_blueprint(vectis_blueprint(lambda: self.oms, **config), url_prefix=prefix)
        app.extensions["vectis"] = self
        # What cannot be opened is told now, and not to the first who asks.
        _ = self.oms
