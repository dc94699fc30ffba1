"""Pages of claims: Co-op management, the partner's page of a claim, and the review pages."""
