"""The composition root: the only room that chooses the parts and knows them all."""
