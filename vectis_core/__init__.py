"""Vectis: an order management system inside your application."""
