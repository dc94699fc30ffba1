"""The pages of a proof: its own page, and one small page for each part, so that everything works without scripts."""
