"""Outbound webhooks: who is told of what, what is on its way to them, and the rules of trying again."""
