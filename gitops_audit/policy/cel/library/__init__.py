"""The functions Kubernetes adds to CEL, over plain Python values.

The runtime cannot carry an opaque value that Python made, so quantities, addresses and the like travel as `bytes` in
a canonical form: equal values are equal bytes, and the checker has already kept the types apart.
A `ValueError` becomes the error value of the call.
"""
