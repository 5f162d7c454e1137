"""Writes of more rows than fit in memory.

- `sources`: files, datasets and iterables, read part by part
- `datasets`: write a source, and store its verdicts in files
- `partitions`: what a worker does with a partition
- `coordinator`: write the partitions, from one process
- `dask_plan`: what a write of a Dask DataFrame would do
- `totals`: verdicts of many frames, added up
"""
