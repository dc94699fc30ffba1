"""The pages of a proof. Each part has its own small page, so that everything works without JavaScript."""
