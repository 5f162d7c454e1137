"""The page for a browser, which shows the sandbox and sets its switches.

- `page`: the paths of the page, and who answers each
- `protection`: refuses other web pages
- `document`: the HTML around each view, with `page.css`
- `overview`: the organisation at a glance
- `records`: records and their fields
- `jobs`: jobs and the verdicts on their rows
- `requests`: the last requests
- `switches`: the switches
- `controls`: the form field of a switch
- `faults`: planning faults
- `paging`: long lists, a page at a time
- `words`: numbers, times and values in words
- `markup`: HTML elements with escaped text
"""
