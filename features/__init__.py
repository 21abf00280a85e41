"""Features: event tables in, feature table out. Pure Ibis expressions; no SQL strings, no clock, no I/O."""
