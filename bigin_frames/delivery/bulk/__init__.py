"""The steps of a bulk-write job: each module moves a batch on from some of its states.

- `steps`: which function handles which state
- `batch_zip`: the zip that is uploaded
- `upload_and_create`: upload the file and create the job
- `lost_answer`: whether the answer to create-job was lost, and what to do then
- `listen`: the callback (webhook) of a job
- `own_job`: whether a job belongs to a batch
- `poll`: poll until the job has ended
- `download`: download the result and pair its lines with rows
- `conclude`: give every row its verdict
- `pace`: pauses, and how often calls are retried
"""
