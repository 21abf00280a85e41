"""How records of every kind arrive, are kept and are read: by folder and by API alike, by the same set-based rules."""
