"""Ce que les pages montrent des engagements et des attributions."""
