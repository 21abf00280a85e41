"""What a model is: rankers, reasons and the registry. Fits nothing by itself and knows no database."""
