"""Ask a live Bigin the open questions of docs/open-questions.md; docs/live.md says what that does to an org."""
