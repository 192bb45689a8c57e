"""HTTP only: a table of routes, thin handlers and the events. No SQL lives here."""
