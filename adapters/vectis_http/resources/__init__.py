"""The rows of the operations table, resource by resource."""
