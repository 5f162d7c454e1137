"""How long and how often the calls of a job are repeated and waited for."""

from __future__ import annotations

# Ours: how long a job may be missing, or finished without a result, before that is taken for an answer.
GRACE_S = 60.0
# Pauses between polls grow from the first to the last; a poll costs one credit (Bigin v1, api-limits).
POLL_S = (1.0, 30.0)
POLL_LOCAL_S = (0.02, 0.5)
POLL_GROWTH = 1.5
LONGEST_NAP_S = 1.0  # until which a run that is interrupted lets go of its jobs
RESULT_ATTEMPTS = 3
# Reading tied rows back costs a credit for each hundred: up to this many it is at most 2 % of the job's own 500
# credits, and done even where the order of the lines is proof enough.
CHEAP_READS = 1000
ANSWER_ATTEMPTS = 3  # to write down the id of an accepted job
# Where a batch may be sent again at all: so often, and after pauses that grow by this.
REPEATED_ATTEMPTS = 3
REPEAT_S = 5.0
