"""What jobs ask of AWS, counted on the local cloud, and what that costs: the tables of docs/cost.md."""
