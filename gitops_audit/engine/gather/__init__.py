"""Everything an audit reads: sources, clusters, and what each has."""
