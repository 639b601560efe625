"""Real sales to try the addon on, and the people and stories they lack."""
