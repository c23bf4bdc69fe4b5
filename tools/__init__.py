"""What makes files of this repository out of others; nothing here is part of the product."""
