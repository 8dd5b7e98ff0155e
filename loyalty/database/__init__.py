"""Django's PostgreSQL back end with a cheaper question whether a kept connection still stands."""
