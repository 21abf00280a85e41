"""History -> matrix -> champion -> suggestions. The last good model serves; without one, the baseline, labelled so."""
