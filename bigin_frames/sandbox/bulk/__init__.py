"""Bulk-write jobs, from the upload to the result file.

- `calls`: the four calls: upload, create job, job details, download
- `job_request`: a create-job request becomes a job
- `json_types`: the JSON types of that request
- `worker`: runs the jobs in the background, and has each row judged by `verdicts`
- `columns`: a job's mappings become the columns that are judged
- `lookups`: the record, user or layout that a lookup cell means
- `details`: a job as job details show it, and its pace
- `callbacks`: the post to a client when a job has ended
- `result_file`: the zip with a verdict for each row
- `java_order`: the order in which Bigin lists mapped columns
"""
