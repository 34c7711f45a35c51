"""DNS itself: names, messages, and both paths from a query to its reply, over a table in memory."""
