"""Les orientations de peuplement : chaque lieu qualifié, ce que l'on propose, ce qui est adopté, ce qui s'attribue."""
