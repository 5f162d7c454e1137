"""Result lines paired with rows where the pairing is certain, and verdicts added to the caller's rows.

- `echo`: which columns Bigin should send back
- `result_lines`: the lines of a result file
- `sent`: what a job sent, and how far it is paired
- `pairing`: pair lines with rows
- `settle`: decide what the file leaves open
- `folding`: texts without case and white space
- `text_codes`: numbers instead of texts
- `verdicts`: the verdict of every row
- `verdict_texts`: columns of verdicts, stored in Arrow
- `attach`: the frame with its three result columns
- `returned`: a returned frame's rows by outcome
"""
