"""Measure the portal beside a bare Django project in the same run: ``python -m benchmarks``.

Absolute times of one host mean little; the ratio of processor time to the bare project ("floor") is the result. The
portal does not import this package.
"""
