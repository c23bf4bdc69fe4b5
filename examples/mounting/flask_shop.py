"""A Flask application with errors and a login of its own, and the API below ``/oms``.

Run it with any of

    gunicorn "flask_shop:create_app()"
    gunicorn --preload --workers 4 "flask_shop:create_app()"
    waitress-serve --listen 127.0.0.1:8000 --call flask_shop:create_app
    granian --interface wsgi --port 8000 --factory flask_shop:create_app

and make credentials with ``vectis clients create NAME --database sqlite:///shop.db``.
"""

import os

from flask import Flask, abort, request

from vectis_flask import VectisFlask

vectis = VectisFlask()


def create_app():
    """Return the application."""
    app = Flask(__name__)
    app.config["VECTIS_DATABASE_URL"] = os.environ.get("SHOP_DATABASE", "sqlite:///shop.db")
    app.config["VECTIS_URL_PREFIX"] = "/oms"
    vectis.init_app(app)

    @app.before_request
    def ask_who_it_is():
        # The API asks for its own tokens: what is the blueprint's is none of the shop's login.
        if request.path.startswith("/staff") and request.authorization is None:
            abort(401)
        if request.blueprint != "vectis":
            request.environ["shop.visitor"] = request.remote_addr

    @app.get("/")
    def home():
        return "The shop"

    @app.get("/staff")
    def staff():
        return {"orders": vectis.oms.orders.list().page(limit=1).total}

    @app.errorhandler(404)
    def missing(_error):
        return "The shop has no such page", 404

    return app
