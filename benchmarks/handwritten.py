"""The comparator that a team would write by hand: FastAPI and SQLAlchemy on SQLite, durable, simple, idiomatic.

It takes the guide's order, reserves stock with a conditional update, writes order, lines and a ledger row, and
answers as the guide does; no tokens, no limits, no events. Run by ``benchmarks.servers``. (FastAPI reads the
annotations of its routes when they are made, so this module does not put them off.)
"""

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Response
from pydantic import BaseModel, Field
from sqlalchemy import CheckConstraint, ForeignKey, Numeric, create_engine, event, select, update
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, sessionmaker


class Base(DeclarativeBase):
    """Base of the tables."""


class StockRow(Base):
    """Pieces of a SKU in the one warehouse."""

    __tablename__ = "stock"
    id: Mapped[str] = mapped_column(primary_key=True)
    sku: Mapped[str] = mapped_column(unique=True)
    on_hand: Mapped[int]
    reserved: Mapped[int]
    __table_args__ = (CheckConstraint("0 <= reserved AND reserved <= on_hand"),)


class OrderRow(Base):
    """An order."""

    __tablename__ = "orders"
    id: Mapped[str] = mapped_column(primary_key=True)
    external_id: Mapped[str] = mapped_column(unique=True)
    status: Mapped[str] = mapped_column(index=True)
    customer_id: Mapped[str | None]
    customer_email: Mapped[str | None]
    shipping_address: Mapped[str]
    total: Mapped[Decimal] = mapped_column(Numeric(18, 2))
    item_count: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(index=True)
    lines: Mapped[list["LineRow"]] = relationship(back_populates="order")


class LineRow(Base):
    """A line of an order."""

    __tablename__ = "order_lines"
    id: Mapped[str] = mapped_column(primary_key=True)
    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id"), index=True)
    sku: Mapped[str]
    quantity: Mapped[int]
    unit_price: Mapped[Decimal] = mapped_column(Numeric(18, 4))
    order: Mapped[OrderRow] = relationship(back_populates="lines")


class MovementRow(Base):
    """A row of the ledger."""

    __tablename__ = "movements"
    id: Mapped[str] = mapped_column(primary_key=True)
    stock_id: Mapped[str] = mapped_column(ForeignKey("stock.id"), index=True)
    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id"))
    delta: Mapped[int]
    at: Mapped[datetime]


class AddressIn(BaseModel):
    """An address."""

    name: str
    line1: str
    city: str
    country: str
    region: str | None = None
    postalCode: str | None = None  # noqa: N815 - the wire's name


class ItemIn(BaseModel):
    """A line that is asked for."""

    sku: str
    quantity: int = Field(ge=1)
    unitPrice: Decimal = Field(ge=0)  # noqa: N815 - the wire's name


class OrderIn(BaseModel):
    """An order that is asked for."""

    externalId: str  # noqa: N815 - the wire's name
    items: list[ItemIn] = Field(min_length=1)
    shippingAddresses: list[AddressIn] = Field(min_length=1)  # noqa: N815 - the wire's name
    billingAddress: AddressIn | None = None  # noqa: N815 - the wire's name
    customerId: str | None = None  # noqa: N815 - the wire's name
    customerEmail: str | None = None  # noqa: N815 - the wire's name


def sessions_on(path: str, skus: int) -> sessionmaker[Session]:
    """Make the database with *skus* SKUs in stock and return what opens sessions on it."""
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 30})

    @event.listens_for(engine, "connect")
    def _durable(connection: Any, _: Any) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def _immediate(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    Base.metadata.create_all(engine)
    make = sessionmaker(engine, expire_on_commit=False)
    with make.begin() as session:
        for number in range(skus):
            row = StockRow(id=uuid.uuid4().hex, sku=f"SKU-{number}", on_hand=10**9, reserved=0)
            session.add(row)
    return make


def create_order(session: Session, body: OrderIn) -> tuple[OrderRow, bool]:
    """Create the order, or return the one that has the external id; raises 409 where there is too little."""
    known = session.scalar(select(OrderRow).where(OrderRow.external_id == body.externalId))
    if known is not None:
        return known, False
    total = sum((item.quantity * item.unitPrice for item in body.items), Decimal(0))
    now = datetime.now(UTC)
    order = OrderRow(
        id=str(uuid.uuid4()),
        external_id=body.externalId,
        status="pending",
        customer_id=body.customerId,
        customer_email=body.customerEmail,
        shipping_address=body.shippingAddresses[0].model_dump_json(),
        total=total,
        item_count=sum(item.quantity for item in body.items),
        created_at=now,
    )
    session.add(order)
    session.flush()
    for item in body.items:
        _take(session, order, item, now)
    return order, True


def _take(session: Session, order: OrderRow, item: ItemIn, now: datetime) -> None:
    free = StockRow.on_hand - StockRow.reserved >= item.quantity
    taken = session.execute(
        update(StockRow)
        .where(StockRow.sku == item.sku, free)
        .values(reserved=StockRow.reserved + item.quantity)
        .returning(StockRow.id)
    ).scalar_one_or_none()
    if taken is None:
        raise HTTPException(409, f"not enough {item.sku}")
    line = LineRow(
        id=str(uuid.uuid4()),
        order_id=order.id,
        sku=item.sku,
        quantity=item.quantity,
        unit_price=item.unitPrice,
    )
    movement = MovementRow(id=str(uuid.uuid4()), stock_id=taken, order_id=order.id, delta=item.quantity, at=now)
    session.add_all([line, movement])


def make_app(path: str, skus: int) -> FastAPI:
    """Return the service on a new database."""
    make = sessions_on(path, skus)

    def session() -> Iterator[Session]:
        with make.begin() as opened:
            yield opened

    app = FastAPI()
    add_routes(app, session)
    return app


def add_routes(app: FastAPI, session: Callable[[], Iterator[Session]]) -> None:
    """Add the two routes that are measured."""

    @app.post("/api/orders", status_code=201)
    def post_order(
        body: OrderIn,
        response: Response,
        opened: Annotated[Session, Depends(session, scope="function")],
    ) -> dict[str, Any]:
        order, created = create_order(opened, body)
        if not created:
            response.status_code = 200
        return {
            "id": order.id,
            "status": order.status,
            "total": float(order.total),
            "itemCount": order.item_count,
            "createdAt": order.created_at.isoformat(),
        }

    @app.get("/api/inventory")
    def get_inventory(sku: str, opened: Annotated[Session, Depends(session, scope="function")]) -> dict[str, Any]:
        rows = opened.scalars(select(StockRow).where(StockRow.sku == sku)).all()
        items = [
            {
                "id": row.id,
                "sku": row.sku,
                "quantityAvailable": row.on_hand - row.reserved,
                "quantityReserved": row.reserved,
            }
            for row in rows
        ]
        return {"items": items}
