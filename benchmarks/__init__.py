"""How fast the portal is, beside a bare Django project on the same machine in the same run: ``python -m benchmarks``.

Times of one machine mean little; the ratio of processor time to that of the floor does. Nothing of the portal imports this package.
"""
