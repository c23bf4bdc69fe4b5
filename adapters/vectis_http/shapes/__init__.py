"""How entities are shown: the guide's names and order, ``null`` for what is absent. One module for each resource."""
