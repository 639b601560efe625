"""Generated sales, and how fast the addon is on them."""
