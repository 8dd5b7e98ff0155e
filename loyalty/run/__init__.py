"""Runs the platform on one machine: installs, starts, watches and stops all that `make run` and `make test` need."""
