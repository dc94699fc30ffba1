"""Pages of claims: Co-op management, one claim, and the review desk."""
