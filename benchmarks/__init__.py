"""Speed as ratios (`make bench`): the platform against floors and plain versions, in one run on one machine."""
