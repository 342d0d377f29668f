"""The gateway products, one module per family. Use `krm_fn.gateways.catalog` to reach them.

Facts were read from the newest public sources in August and September 2026, beside Kuma 2.14. ``since`` names the
first release that knows a setting; *unreleased* means that it stood on the main branch only. "Not run" in a note means
that the statement was read in source code and never tried.

After a change, ``python docs/generate_gateways.py`` renews what is derived from these records.
"""
