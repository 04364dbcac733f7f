"""Getting entries out of the web: fetching, parsing, and lists of feeds."""
