"""How long a map job takes and what it costs: a simulation, and the tables of docs/scale.md that come of it."""
