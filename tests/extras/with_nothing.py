"""A shop in a file, and a command that looks into its books, where no extra is installed."""

import tempfile
from contextlib import redirect_stdout
from io import StringIO

from vectis_core import Address, Item, Vectis

JANE = Address(name="Jane Smith", line1="123 Main St", city="Austin", country="US")

with tempfile.TemporaryDirectory() as folder:
    database = f"sqlite:///{folder}/shop.db"
    with Vectis.open(database) as oms:
        oms.products.create(sku="W", name="Widget")
        [record] = oms.inventory.list(sku="W")
        oms.inventory.adjust(record.id, 5, "First delivery")
        oms.orders.create(external_id="1", items=[Item("W", 2, "29.99")], shipping_addresses=[JANE])
        assert oms.inventory.get(record.id).available == 3

    from vectis_cli import main

    with redirect_stdout(StringIO()) as said:
        main(["verify", "--database", database], standalone_mode=False)
    assert said.getvalue()
