"""What a kind of site calls things and owes, as data: one YAML file a sector, and a site's own changes to it."""
