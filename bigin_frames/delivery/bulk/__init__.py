"""The steps of a bulk-write job: each module moves a batch on from some of its states.

- `steps`: which function handles which state
- `packing`: the zip that is uploaded
- `handover`: upload the file and create the job
- `lost_answer`: whether the answer to create-job was lost, and what to do then
- `listen`: the callback (webhook) of a job
- `identify`: whether a job belongs to a batch
- `follow`: poll until the job has ended
- `fetch`: download the result and pair its lines with rows
- `conclude`: give every row its verdict
- `pace`: pauses, and how often calls are retried
"""
