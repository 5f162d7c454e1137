"""More rows than fit in memory.

- `sources`: files, datasets and iterables, read part by part
- `datasets`: write a source, and its verdicts to files
- `partitions`: what a worker does with a partition
- `coordinator`: deliver partitions from one place
- `dask_plan`: what a write of a Dask DataFrame would do
- `totals`: verdicts of many frames, added up
"""
