"""Result lines paired with rows by proof, and verdicts put beside the caller's rows.

- `echo`: which columns Bigin should send back
- `result_lines`: the lines of a result file
- `sent`: what a job carried, and how far it is paired
- `pairing`: pair lines with rows
- `settle`: settle what the file leaves open
- `folding`: texts without case and blanks
- `codes`: numbers in the place of texts
- `verdicts`: the verdict of every row
- `verdict_texts`: columns of verdicts, held in Arrow
- `attach`: the three columns beside the frame
- `returned`: what a returned frame says
"""
