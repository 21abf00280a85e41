"""The service: the records Retrace owns, the workflow between the departments, the API and the console."""
