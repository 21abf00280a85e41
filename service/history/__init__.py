"""Records -> `features.History`: the one door from records to machine learning."""
