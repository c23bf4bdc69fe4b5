"""A Flask extension: the API, and the open database behind it, for the application's own views."""

from __future__ import annotations

import atexit
import os
import threading
from difflib import get_close_matches
from typing import Any

import attrs
from flask import Flask

from vectis_core.errors import UsageError
from vectis_core.vectis import Vectis
from vectis_flask.blueprint import vectis_blueprint
from vectis_http import HttpConfig
from vectis_http.late import OpenVectis

_PREFIX = "VECTIS_"
_SETTINGS = {f"{_PREFIX}{field.name.upper()}": field.name for field in attrs.fields(HttpConfig)}
_ALL_SETTINGS = ("VECTIS_DATABASE_URL", "VECTIS_URL_PREFIX", *_SETTINGS)
#: Settings of the environment: who copies all of that into the configuration has these there too.
_OF_ENVIRONMENT = ("VECTIS_SECRET_KEY", "VECTIS_CARRIER_SECRET")


class VectisFlask:
    """Opens Vectis for an application and serves its API there.

    ``vectis = VectisFlask(app)``, or ``vectis.init_app(app)`` later. The application's configuration is read:
    ``VECTIS_DATABASE_URL`` (``sqlite:///vectis.db`` where left out), ``VECTIS_URL_PREFIX``, and the settings of
    ``HttpConfig`` as ``VECTIS_RATE_LIMIT`` and so on. Views reach the database as ``vectis.oms``, or as
    ``app.extensions["vectis"].oms``.

    *oms* may be an open Vectis, or a function that returns the one that is open: it is asked with every request, and
    not before. So one is opened with options, such as ``telemetry``, in each process of a server that forks.

    A process that was forked after ``init_app``, as a server that preloads does, opens the database anew when it is
    first asked for.
    """

    def __init__(self, app: Flask | None = None, *, oms: OpenVectis | None = None) -> None:
        """Take an open *oms*, which stays its opener's to close, or open one when an application comes.

        Raises as ``init_app``, where an *app* is given.
        """
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
            return self._given if isinstance(self._given, Vectis) else self._given()
        if self._url is None:
            raise RuntimeError("VectisFlask has no database yet: call init_app(app) first")
        with self._mutex:
            if self._opened is None or self._opened[1] != os.getpid():
                opened = Vectis.open(self._url)
                atexit.register(opened.close)
                self._opened = (opened, os.getpid())
            return self._opened[0]

    def init_app(self, app: Flask) -> None:
        """Serve the API in *app*, with the database that its configuration names where none was given.

        Raises ``UsageError`` where the configuration has a ``VECTIS_`` setting that there is not, and whatever
        ``Vectis.open`` does.
        """
        _check_names(app)
        if self._url is None:
            self._url = app.config.get("VECTIS_DATABASE_URL", "sqlite:///vectis.db")
        given: dict[str, Any] = {name: app.config.get(key) for key, name in _SETTINGS.items()}
        config = {name: value for name, value in given.items() if value is not None}
        prefix = app.config.get("VECTIS_URL_PREFIX") or None
        app.register_blueprint(vectis_blueprint(lambda: self.oms, **config), url_prefix=prefix)
        app.extensions["vectis"] = self
        if self._given is None:
            # What cannot be opened is told now, and not to the first who asks.
            _ = self.oms


def _check_names(app: Flask) -> None:
    """Raise ``UsageError`` where *app* sets what nobody reads: a proxy, or a limit, that is believed to be set."""
    for name in app.config:
        if name.startswith(_PREFIX) and name not in _ALL_SETTINGS and name not in _OF_ENVIRONMENT:
            # Without what all have in common, by which all are near.
            near = get_close_matches(name[len(_PREFIX) :], [each[len(_PREFIX) :] for each in _ALL_SETTINGS], n=1)
            meant = f"; {_PREFIX}{near[0]} is meant, perhaps" if near else ""
            raise UsageError(f"{name} is no setting of Vectis{meant}. There are: {', '.join(_ALL_SETTINGS)}")
