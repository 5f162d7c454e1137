"""A batch through Bigin's bulk write: each module takes it out of some of its states.

- `steps`: which function takes a batch out of which state
- `packing`: the zip that is uploaded
- `handover`: upload the file and create the job
- `lost_answer`: whether the answer to create-job was lost, and what follows
- `listen`: the callback of a job
- `identify`: whether a job is the batch's own
- `follow`: poll until the job has ended
- `fetch`: download the result and pair its lines with rows
- `conclude`: give every row its verdict
- `pace`: pauses, and how often a call is repeated
"""
