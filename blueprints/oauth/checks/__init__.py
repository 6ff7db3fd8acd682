"""Questions the endpoints ask of what a client sends, one a file; none of them needs a database or a request."""
