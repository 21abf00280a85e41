"""From a batch, a person, a unit or an issue to a cause, with its evidence; reads every domain, writes none."""
