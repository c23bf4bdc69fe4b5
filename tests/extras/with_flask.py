"""The API inside an application for Flask, beside a view of its own that has the same database."""

from flask import Flask

from vectis_flask import VectisFlask

app = Flask(__name__)
app.config["VECTIS_DATABASE_URL"] = "memory://"
app.config["VECTIS_URL_PREFIX"] = "/oms"
vectis = VectisFlask(app)


@app.get("/stock")
def stock():
    """Return how many products there are."""
    return {"products": vectis.oms.products.list().page().total}


with app.test_client() as client:
    assert client.get("/oms/readyz").status_code == 200
    assert client.get("/oms/api/orders").get_json()["error"] == "Unauthorized"
    assert client.get("/stock").get_json() == {"products": 0}
