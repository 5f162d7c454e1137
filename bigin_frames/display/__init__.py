"""What people look at: words, pieces of HTML, documents, plots and the progress bar.

- `words`: numbers, names and times as people read them
- `html_pieces`: lines and tables that a notebook shows
- `html_document`: a whole HTML file
- `plan_words`: a plan, in a terminal and in a notebook
- `run_words`: a run
- `report_page`: a validation report, in a notebook and as a file
- `client_page`: a client
- `plots`: how a write ended, drawn
- `progress`: the progress bar

All of them take values (counts, lines, frames) and know none of the objects that ask for them.
"""
