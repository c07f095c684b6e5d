"""Published models, one per file, named author_year."""
