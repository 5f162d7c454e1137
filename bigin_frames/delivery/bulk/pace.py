"""How long the calls of a job are waited for, and how often they are retried."""

from __future__ import annotations

# Ours: how long a job may be missing, or finished without a result, before that counts as its answer.
GRACE_S = 60.0
# Pauses between polls grow from the first to the last; a poll costs one credit (Bigin v1, api-limits).
POLL_S = (1.0, 30.0)
POLL_LOCAL_S = (0.02, 0.5)
POLL_GROWTH = 1.5
LONGEST_NAP_S = 1.0  # the longest that an interrupted run takes to stop
RESULT_ATTEMPTS = 3
# Reading tied rows back costs a credit for each hundred: up to this many it is at most 2 % of the job's own 500
# credits, and done even if the order of the lines is proof enough.
CHEAP_READS = 1000
ANSWER_ATTEMPTS = 3  # to record the id of an accepted job
# If a batch may be sent again at all: how often, and by how much the pauses grow.
REPEATED_ATTEMPTS = 3
REPEAT_S = 5.0
