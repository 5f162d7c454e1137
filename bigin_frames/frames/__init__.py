"""Turn a DataFrame into what is sent, and what came back into a DataFrame; no network, no clock, no environment."""
